import {
  DepwatchError,
  isDepwatchError,
  objectIdentifierFrom,
  type KubernetesObject,
  type ObjectClient,
  type ObjectIdentifier,
  type Transport,
  type WriteOptions,
} from '@depwatch/core';

import type { FakeTransport } from '../../src/index.ts';
import { type BrokenTransport, replace, without, withoutSignal } from './break.ts';

/** Replaces methods of the client. */
const inClient =
  (methods: (fake: FakeTransport) => Partial<ObjectClient>) =>
  (fake: FakeTransport): Transport & ObjectClient =>
    replace(fake, methods(fake));

/** Changes what every method's errors are. */
const inClientErrors = (
  change: (error: DepwatchError) => unknown,
): ((fake: FakeTransport) => Transport & ObjectClient) =>
  inClient((fake) => {
    const rethrow = (error: unknown): never => {
      throw change(error as DepwatchError);
    };
    return {
      get: (id, options) => fake.get(id, options).catch(rethrow) as never,
      create: (object, options) => fake.create(object, options).catch(rethrow),
      update: (object, options) => fake.update(object, options).catch(rethrow),
      patch: (id, patch, options) => fake.patch(id, patch, options).catch(rethrow) as never,
      apply: (object, options) => fake.apply(object, options).catch(rethrow),
      delete: (id, options) => fake.delete(id, options).catch(rethrow),
    };
  });

const coded = (error: DepwatchError, code: DepwatchError['code']): DepwatchError =>
  new DepwatchError(code, error.message, error);

const unversioned = <T extends KubernetesObject>(object: T): T => {
  const { resourceVersion: _, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
};

/** Clients of single objects that are wrong in one way each. */
export const brokenObjects: readonly BrokenTransport[] = [
  {
    defect: 'a read is answered from what was read before',
    noticedBy: ['get: an object as it is now, and undefined where there is none'],
    wrap: inClient((fake) => {
      const known = new Map<string, Promise<unknown>>();
      return {
        get<T>(id: ObjectIdentifier, options = {}) {
          const key = JSON.stringify([id, options]);
          if (!known.has(key)) known.set(key, fake.get(id, options));
          return known.get(key) as Promise<T>;
        },
      };
    }),
  },
  {
    defect: 'what was read once is shared by all',
    noticedBy: ['get: what is handed out is the caller’s own'],
    wrap: inClient((fake) => {
      const known = new Map<string | undefined, KubernetesObject>();
      return {
        async get<T>(id: ObjectIdentifier, options = {}) {
          const found = await fake.get(id, options);
          const version = found?.metadata?.resourceVersion;
          if (!known.has(version) && found) known.set(version, found);
          return known.get(version) as T;
        },
      };
    }),
  },
  {
    defect: 'subresources are not asked for',
    noticedBy: [
      'get: a subresource is read at an address of its own',
      'create: an eviction and a token are made of the object that they are for',
      'update: status and the rest are written apart, and generation counts the rest',
      'update: a Scale is written to the object that it is of',
      'apply: status is applied apart from the rest',
    ],
    wrap: inClient((fake) => ({
      get: (id, options = {}) => fake.get(id, without(options, 'subresource')),
      create: (object, options = {}) => fake.create(object, without(options, 'subresource')),
      update: (object, options = {}) => fake.update(object, without(options, 'subresource')),
      patch: (id, patch, options = {}) => fake.patch(id, patch, without(options, 'subresource')),
      apply: (object, options) => fake.apply(object, without(options, 'subresource')),
    })),
  },
  {
    defect: 'objects are copied before they are looked at',
    noticedBy: ['client: what is no object or no patch is ERR_INVALID_INPUT that names the field'],
    wrap: inClient((fake) => ({
      create: async (object, options) =>
        fake.create(JSON.parse(JSON.stringify(object)) as typeof object, options),
    })),
  },
  {
    defect: 'a dry run is whatever is no lie',
    noticedBy: ['client: an option that is none is ERR_INVALID_INPUT that names it'],
    wrap: inClient((fake) => ({
      update: (object, options) =>
        fake.update(object, { ...options, dryRun: Boolean(options?.dryRun) }),
    })),
  },
  {
    defect: 'a subresource without a name is the object itself',
    noticedBy: [
      'client: a subresource without a name, and `of` without one, are ERR_INVALID_INPUT',
    ],
    wrap: inClient((fake) => ({
      update: (object, options = {}) =>
        fake.update(object, options.subresource ? options : without(options, 'subresource')),
    })),
  },
  {
    defect: 'a kind that is not served is an object that is not there',
    noticedBy: ['client: a kind that the server does not serve is ERR_NO_VERSIONED_RESOURCE'],
    wrap: inClientErrors((error) =>
      isDepwatchError(error, 'ERR_NO_VERSIONED_RESOURCE') ? coded(error, 'ERR_NOT_FOUND') : error,
    ),
  },
  {
    defect: 'names climb',
    noticedBy: [
      'client: a name or namespace that would leave its place in a URL is ERR_INVALID_INPUT',
    ],
    wrap: inClient((fake) => ({
      delete: (id, options) =>
        fake.delete(
          { ...id, ...(id.name && { name: id.name.replace(/^.*\/|[?#&% ;].*$/, '') }) },
          options,
        ),
    })),
  },
  {
    defect: 'an object without a namespace goes to the default one',
    noticedBy: ['client: what names no single object is ERR_INVALID_INPUT'],
    wrap: inClient((fake) => ({
      create: (object, options) =>
        fake.create({ ...object, metadata: { namespace: 'default', ...object.metadata } }, options),
    })),
  },
  {
    defect: 'a create is answered with what was sent',
    noticedBy: [
      'create: stores the object, and answers with what is stored',
      'create: generateName makes a name of its own for each object',
    ],
    wrap: inClient((fake) => ({
      async create(object, options) {
        await fake.create(object, options);
        return object;
      },
    })),
  },
  {
    defect: 'a create of what exists replaces it',
    noticedBy: ['create: an object that exists is ERR_ALREADY_EXISTS, and stays as it is'],
    wrap: inClient((fake) => ({
      create: (object, options) =>
        fake.create(object, options).catch((error: unknown) => {
          if (!isDepwatchError(error, 'ERR_ALREADY_EXISTS')) throw error;
          return fake.update(object, options);
        }),
    })),
  },
  {
    defect: 'keys are assigned',
    noticedBy: ['create: keys such as __proto__ arrive as they are'],
    wrap: inClient((fake) => ({
      create(object, options) {
        const copied: { [key: string]: string } = {};
        const { data = {} } = object as { data?: { [key: string]: string } };
        for (const [key, value] of Object.entries(data)) copied[key] = value;
        return fake.create({ ...object, data: copied }, options);
      },
    })),
  },
  {
    defect: 'an update that fails is tried again with the newest version',
    noticedBy: [
      'update: an older resourceVersion is ERR_CONFLICT, and of two writers one wins',
      'update: an object that is not there is ERR_NOT_FOUND, one of another uid ERR_CONFLICT',
    ],
    wrap: inClient((fake) => ({
      update: (object, options) =>
        fake.update(object, options).catch((error: unknown) => {
          if (!isDepwatchError(error, 'ERR_CONFLICT')) throw error;
          const { uid: _, ...metadata } = unversioned(object).metadata ?? {};
          return fake.update({ ...object, metadata }, options);
        }),
    })),
  },
  {
    defect: 'an update keeps what it does not name',
    noticedBy: ['update: replaces the object, whatever its version is where none is given'],
    wrap: inClient((fake) => ({
      update: (object, options) => fake.patch(objectIdentifierFrom(object), object, options),
    })),
  },
  {
    defect: 'a null of a merge patch is dropped',
    noticedBy: ['patch: a merge patch changes what it names, and null deletes'],
    wrap: inClient((fake) => ({
      patch: (id: ObjectIdentifier, patch: object, options?: WriteOptions) =>
        fake.patch(
          id,
          JSON.parse(JSON.stringify(patch), (_, value: unknown) => value ?? undefined) as object,
          options,
        ),
    })),
  },
  {
    defect: 'a JSON patch that does not apply is applied as far as it does',
    noticedBy: [
      'patch: a JSON patch takes its steps in order',
      'patch: one that does not apply is ERR_REJECTED, and changes nothing',
    ],
    wrap: inClient((fake) => ({
      async patch<T extends KubernetesObject>(
        id: ObjectIdentifier,
        patch: object,
        options?: WriteOptions,
      ): Promise<T> {
        if (!Array.isArray(patch)) return fake.patch(id, patch, options);
        for (const step of patch.toReversed().slice(0, -1)) {
          await fake.patch(id, [step], options).catch(() => undefined);
        }
        return fake.patch(id, patch.slice(0, 1) as object, options);
      },
    })),
  },
  {
    defect: 'a patch of what is not there creates it',
    noticedBy: [
      'patch: an object that is not there is ERR_NOT_FOUND, an older resourceVersion ERR_CONFLICT',
    ],
    wrap: inClient((fake) => ({
      patch: <T extends KubernetesObject>(
        id: ObjectIdentifier,
        patch: object,
        options?: WriteOptions,
      ) =>
        fake.patch<T>(id, patch, options).catch((error: unknown) => {
          if (!isDepwatchError(error, 'ERR_NOT_FOUND')) throw error;
          const { kind, namespace = '', name = '' } = id;
          const created = { apiVersion: 'v1', kind, metadata: { namespace, name } };
          return fake.create(created as T, options);
        }),
    })),
  },
  {
    defect: 'an apply is a merge patch',
    noticedBy: [
      'apply: creates the object where there is none',
      'apply: the fields of others stay, and those that a manager gives up go',
      'apply: another manager’s field is ERR_CONFLICT that names it, unless forced',
    ],
    wrap: inClient((fake) => ({
      apply: (object, options) => fake.patch(objectIdentifierFrom(object), object, options),
    })),
  },
  {
    defect: 'a delete of what is gone is a failure',
    noticedBy: ['delete: the object goes, and one that is gone already is no failure'],
    wrap: inClient((fake) => ({
      async delete(id, options) {
        if (await fake.get(id)) return fake.delete(id, options);
        throw new DepwatchError('ERR_NOT_FOUND', 'nothing to delete');
      },
    })),
  },
  {
    defect: 'preconditions are not sent',
    noticedBy: ['delete: preconditions that do not hold are ERR_CONFLICT'],
    wrap: inClient((fake) => ({
      delete: (id, options = {}) => fake.delete(id, without(options, 'preconditions')),
    })),
  },
  {
    defect: 'a delete takes finalizers away',
    noticedBy: ['delete: an object with finalizers is marked, and goes with the last of them'],
    wrap: inClient((fake) => ({
      async delete(id, options) {
        await fake.patch(id, { metadata: { finalizers: null } }).catch(() => undefined);
        return fake.delete(id, options);
      },
    })),
  },
  {
    defect: 'every delete is one in the background',
    noticedBy: [
      'delete: in the foreground or with orphans it is the garbage collector that ends it',
    ],
    wrap: inClient((fake) => ({
      delete: (id, options = {}) => fake.delete(id, without(options, 'propagationPolicy')),
    })),
  },
  {
    defect: 'the version of an answer is that of the one before',
    noticedBy: ['write: a watch sees each write once and in order, with the version of its answer'],
    wrap: inClient((fake) => ({
      async update(object, options) {
        const { resourceVersion } = fake;
        const updated = await fake.update(object, options);
        return { ...updated, metadata: { ...updated.metadata, resourceVersion } };
      },
    })),
  },
  {
    defect: 'each write leaves a trace',
    noticedBy: ['write: one that changes nothing is none'],
    wrap: inClient((fake) => {
      let writes = 0;
      return {
        update(object, options) {
          writes += 1;
          const annotations = { writes: String(writes) };
          return fake.update({ ...object, metadata: { ...object.metadata, annotations } }, options);
        },
      };
    }),
  },
  {
    defect: 'dry runs are wet',
    noticedBy: ['write: a dry run answers as the write would, and stores nothing'],
    wrap: inClient((fake) => ({
      patch: (id, patch, options = {}) => fake.patch(id, patch, without(options, 'dryRun')),
    })),
  },
  {
    defect: 'what is given is read when it is sent',
    noticedBy: ['write: what is given is left alone, and may change as soon as the call is made'],
    wrap: inClient((fake) => ({
      async create(object, options) {
        await Promise.resolve();
        return fake.create(object, options);
      },
    })),
  },
  {
    defect: 'signals of reads and writes are ignored',
    noticedBy: [
      'write: a signal aborted before the call ends it with ERR_ABORTED, and nothing happens',
      'write: a signal ends a call under way with ERR_ABORTED, and no listener stays on it',
    ],
    wrap: inClient((fake) => ({
      delete: (id, options = {}) => fake.delete(id, withoutSignal(options)),
    })),
  },
  {
    defect: 'a refused write is any failure',
    noticedBy: [
      'write: a refusal is ERR_FORBIDDEN, and names the verb and the object',
      'write: credentials that the server does not know are ERR_UNAUTHORIZED',
    ],
    wrap: inClientErrors((error) =>
      error.code === 'ERR_FORBIDDEN' || error.code === 'ERR_UNAUTHORIZED'
        ? coded(error, 'ERR_REJECTED')
        : error,
    ),
  },
  {
    defect: 'writes go on after close()',
    noticedBy: ['write: after close() calls fail'],
    wrap: (fake) => replace(fake, { async close() {} }),
  },
];
