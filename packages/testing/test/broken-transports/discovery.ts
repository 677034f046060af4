import { DepwatchError, type Transport } from '@depwatch/core';

import { createFakeTransport } from '../../src/index.ts';
import { type BrokenTransport, replace, inErrors } from './break.ts';

/** Transports whose `discover` is wrong, or that take a refusal for something else. */
export const brokenDiscovery: readonly BrokenTransport[] = [
  {
    defect: 'discovery without verbs',
    noticedBy: ['discover: a kind of the core group, with its plural, scope and verbs'],
    wrap: (fake) =>
      replace(fake, {
        async discover(gvk, options) {
          const resource = await fake.discover(gvk, options);
          return resource && { ...resource, verbs: [] };
        },
      }),
  },
  {
    defect: 'discovery that says whatever else the server said',
    noticedBy: ['discover: a kind of a named group, and not one of its subresources'],
    wrap: (fake) =>
      replace(fake, {
        async discover(gvk, options) {
          const resource = await fake.discover(gvk, options);
          return resource && Object.assign(resource, { shortNames: ['x'] });
        },
      }),
  },
  {
    defect: 'everything is namespaced',
    noticedBy: ['discover: a cluster-scoped kind'],
    wrap: (fake) =>
      replace(fake, {
        async discover(gvk, options) {
          const resource = await fake.discover(gvk, options);
          return resource && { ...resource, namespaced: true };
        },
      }),
  },
  {
    defect: 'an empty group is no group',
    noticedBy: ['discover: an empty group is the core group'],
    wrap: (fake) =>
      replace(fake, {
        discover: async (gvk, options) =>
          gvk.group === '' ? undefined : fake.discover(gvk, options),
      }),
  },
  {
    defect: 'an unknown kind is an error',
    noticedBy: [
      'discover: an unknown group or version is undefined',
      'discover: an unknown kind is undefined, and upper and lower case differ',
    ],
    wrap: (fake) =>
      replace(fake, {
        async discover(gvk, options) {
          const resource = await fake.discover(gvk, options);
          if (!resource) throw new DepwatchError('ERR_NO_VERSIONED_RESOURCE', 'no such kind');
          return resource;
        },
      }),
  },
  {
    defect: 'a subresource is taken for a kind',
    noticedBy: ['discover: the kind of a subresource is no kind'],
    wrap: (fake) =>
      replace(fake, {
        discover: async (gvk, options) =>
          gvk.kind === 'Scale'
            ? {
                group: 'apps',
                version: 'v1',
                resource: 'deployments/scale',
                namespaced: true,
                verbs: [],
              }
            : fake.discover(gvk, options),
      }),
  },
  {
    defect: 'a group that ends the path',
    noticedBy: ['discover: a group or version that would leave its place in a URL finds nothing'],
    wrap: (fake) =>
      replace(fake, {
        discover: ({ group, version, kind }, options) =>
          fake.discover(
            { ...(group && { group }), version: version.replace(/[?#].*/, ''), kind },
            options,
          ),
      }),
  },
  {
    defect: 'discovery remembers what is handed out, and that there was nothing',
    noticedBy: ['discover: what is handed out is the caller’s own'],
    wrap(fake) {
      const known = new Map<string, ReturnType<Transport['discover']>>();
      return replace(fake, {
        discover(gvk, options) {
          const key = JSON.stringify(gvk);
          if (!known.has(key)) known.set(key, fake.discover(gvk, options));
          return known.get(key)!;
        },
      });
    },
  },
  {
    defect: 'a kind that cannot be watched is said to be one that can',
    noticedBy: [
      'discover: a kind that cannot be watched says so by its verbs, and a watch of it fails',
    ],
    wrap: (fake) =>
      replace(fake, {
        async discover(gvk, options) {
          const resource = await fake.discover(gvk, options);
          return resource && { ...resource, verbs: ['get', 'list', 'watch'] };
        },
      }),
  },
  {
    defect: 'discovery remembers that there was nothing',
    noticedBy: ['access: a kind is found once it is served'],
    wrap(fake) {
      const unknown = new Set<string>();
      return replace(fake, {
        async discover(gvk, options) {
          const key = JSON.stringify(gvk);
          const resource = unknown.has(key) ? undefined : await fake.discover(gvk, options);
          if (!resource) unknown.add(key);
          return resource;
        },
      });
    },
  },
  {
    defect: 'a refusal does not say of what',
    noticedBy: ['access: a refusal is ERR_FORBIDDEN, and names the verb and the query'],
    wrap: inErrors((error) =>
      error.code === 'ERR_FORBIDDEN' ? new DepwatchError(error.code, 'forbidden') : error,
    ),
  },
  {
    defect: 'unknown credentials are any failure',
    noticedBy: ['access: credentials that the server does not know are ERR_UNAUTHORIZED'],
    wrap: inErrors((error) =>
      error.code === 'ERR_UNAUTHORIZED'
        ? new DepwatchError('ERR_TRANSPORT', error.message, { retryable: true })
        : error,
    ),
  },
  {
    defect: 'a kind that was found is never lost',
    noticedBy: ['access: a kind that is deleted takes its objects and its watches with it'],
    wrap: (fake) => {
      const gone = createFakeTransport();
      return replace(fake, {
        list: (query, options) =>
          fake.list(query, options).catch((error: DepwatchError) => {
            if (!query.gvr.group.startsWith('ns-')) throw error;
            return gone.list(
              { ...query, gvr: { ...query.gvr, group: '', resource: 'pods' } },
              options,
            );
          }),
      });
    },
  },
];
