/**
 * The Roles of docs/rbac.md on a real kube-apiserver: each is enough for what the guide says it is for, and less one verb
 * it is not.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import type { KubernetesObject, ObjectIdentifier } from '@depwatch/core';
import { KubeConfig, loadAllYaml, type V1ClusterRoleBinding } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  type ControlPlane,
  startControlPlane,
} from '../../../tools/kube-apiserver/control-plane.ts';
import { createDynamicWatcher, type DepwatchError, isDepwatchError } from '../src/index.ts';
import { ApiClient } from './fault-table/api-client.ts';
import { Recorder } from './harness.ts';
import { binaries } from './servers.ts';

/** What is granted. */
interface Grant {
  readonly kind?: string;
  readonly rules: readonly {
    readonly resources?: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly nonResourceURLs?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

const guide = await readFile(new URL('../docs/rbac.md', import.meta.url), 'utf8');
const documented = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(
  ([, text]) => loadAllYaml(text!) as KubernetesObject[],
);
const roles = documented.filter(({ kind }) => kind?.endsWith('Role')) as (KubernetesObject &
  Grant)[];

const web = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const configMaps = { version: 'v1', kind: 'ConfigMap' };

/** What a Role is for. */
interface Mode {
  readonly role: string;
  readonly does: string;
  readonly watched: (namespace: string) => ObjectIdentifier;
  /** How a batch asks for it; absent: it is added, with the cache off. */
  readonly call?: 'get' | 'list';
}

const byName: Mode['watched'] = (namespace) => ({ ...configMaps, namespace, name: 'web-config' });
const bySelector: Mode['watched'] = (namespace) => ({
  ...configMaps,
  namespace,
  selector: 'app=web',
});
const everywhere: Mode['watched'] = () => ({ ...configMaps, selector: 'app=web' });
const modes: readonly Mode[] = [
  { role: 'watch-by-name', does: 'watches metadata by name', watched: byName },
  { role: 'watch-by-name', does: 'gets in a batch', watched: byName, call: 'get' },
  { role: 'watch-a-namespace', does: 'watches metadata by selector', watched: bySelector },
  { role: 'watch-a-namespace', does: 'watches metadata by name', watched: byName },
  { role: 'watch-a-namespace', does: 'lists in a batch', watched: bySelector, call: 'list' },
  {
    role: 'watch-a-namespace',
    does: 'lists everything in a batch',
    watched: (namespace) => ({ ...configMaps, namespace }),
    call: 'list',
  },
  { role: 'watch-all-namespaces', does: 'watches metadata by selector', watched: everywhere },
  { role: 'watch-all-namespaces', does: 'lists in a batch', watched: everywhere, call: 'list' },
  {
    role: 'watch-one-namespace-object',
    does: 'watches metadata by name',
    watched: () => ({ version: 'v1', kind: 'Namespace', name: 'shop' }),
  },
];
const watchAlone: Mode = { role: 'watch-alone', does: 'watches by name', watched: byName };

const servers: readonly {
  readonly name: string;
  readonly flags: readonly string[];
  readonly needed: readonly string[];
  readonly spare: readonly string[];
}[] = [
  { name: 'that streams lists', flags: [], needed: ['watch'], spare: ['list'] },
  {
    name: 'that does not stream lists',
    flags: ['--feature-gates=WatchList=false'],
    needed: ['list', 'watch'],
    spare: [],
  },
];
const users = Array.from({ length: 60 }, (_, index) => `user-${index}`);

test('every Role of the guide is tried here, and every binding in it leads to one', () => {
  const tried = [...modes, watchAlone].map(({ role }) => role);
  const names = roles.map(({ metadata }) => metadata?.name);
  expect(new Set(names)).toEqual(new Set([...tried, 'discover-kinds']));
  const bindings = documented.filter(({ kind }) => kind?.endsWith('Binding'));
  expect(bindings).toHaveLength(2);
  for (const { kind, metadata, roleRef } of bindings as V1ClusterRoleBinding[]) {
    const role = grantOf(roleRef.name);
    expect({ kind, metadata }).toEqual({ kind: `${role.kind}Binding`, metadata: role.metadata });
  }
});

describe.skipIf(!binaries).each(servers)(
  'on a kube-apiserver $name',
  ({ flags, needed, spare }) => {
    let plane: ControlPlane;
    let lab: Lab;
    beforeAll(async () => {
      plane = await startControlPlane({ binaries: binaries!, users, apiServerFlags: flags });
      lab = new Lab(plane);
      await lab.admin.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    });
    afterAll(() => plane?.stop());

    describe.each(modes)('$role: $does', (mode) => {
      const granted = grantOf(mode.role);

      test('it is enough', () => lab.works(mode, granted));

      test.each(needed)('without %s it is not', async (verb) => {
        const { message } = await lab.fails(mode, without(verb, granted));
        expect(message).toContain(`cannot ${verb} resource`);
      });

      test.runIf(spare.length > 0).each(spare)('without %s it still is', (verb) =>
        lab.works(mode, without(verb, granted)),
      );
    });

    test('watch-alone: enough where lists are streamed, and only there', async () => {
      const granted = grantOf(watchAlone.role);
      if (spare.includes('list')) return lab.works(watchAlone, granted);
      const { message } = await lab.fails(watchAlone, granted);
      expect(message).toContain('cannot list resource "configmaps"');
    });

    test('watch-by-name: not enough for a selector', async () => {
      const { message } = await lab.fails(
        { ...watchAlone, watched: bySelector },
        grantOf('watch-by-name'),
      );
      expect(message).toContain('cannot watch resource "configmaps"');
    });

    test('discover-kinds: needed and enough where system:discovery is gone', async () => {
      const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:discovery';
      await lab.admin.ask('DELETE', path);
      const anybody = new ApiClient(plane.kubeConfigFor(users[0]!));
      await until(anybody, { nonResourceAttributes: { path: '/api/v1', verb: 'get' } }, false);

      const granted = grantOf('watch-a-namespace');
      const { message } = await lab.fails(watchAlone, granted);
      expect(message).toContain('cannot get path "/api/v1"');
      await lab.works(watchAlone, granted, grantOf('discover-kinds'));
    });
  },
);

/** An API server, with a user and a namespace of its own for each question. */
class Lab {
  readonly admin: ApiClient;
  readonly #plane: ControlPlane;
  #count = 0;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
    this.admin = new ApiClient(plane.kubeConfig);
  }

  /** Somebody who was granted this reads what the mode reads, and is told when it changes. */
  async works(mode: Mode, ...grants: readonly Grant[]): Promise<void> {
    await this.#as(mode, grants, async (read, { recorder, namespace }) => {
      await read();
      await this.#putConfigMap(namespace, 'changed');
      const metadata = { name: 'shop', labels: { changed: namespace } };
      await this.admin.put({ apiVersion: 'v1', kind: 'Namespace', metadata });
      await recorder.reached(1);
      expect(recorder.calls[0]?.causes).toEqual(['modified']);
    });
  }

  /** Somebody who was granted this is refused, and nothing is left of it. */
  async fails(mode: Mode, ...grants: readonly Grant[]): Promise<DepwatchError> {
    let refusal: unknown;
    await this.#as(mode, grants, async (read, { watchCount }) => {
      refusal = await read().catch((error: unknown) => error);
      expect(watchCount()).toBe(0);
    });
    if (!isDepwatchError(refusal, 'ERR_FORBIDDEN')) throw refusal;
    expect(refusal).toMatchObject({ retryable: false, status: { code: 403, reason: 'Forbidden' } });
    return refusal;
  }

  async #as(
    { watched, call }: Mode,
    grants: readonly Grant[],
    work: (
      read: () => Promise<void>,
      seen: { recorder: Recorder; namespace: string; watchCount: () => number },
    ) => Promise<void>,
  ): Promise<void> {
    const user = users[this.#count++]!;
    const namespace = `of-${user}`;
    await this.admin.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await this.#putConfigMap(namespace, 'new');
    for (const [index, grant] of grants.entries())
      await this.#grant(`${user}-${index}`, user, namespace, grant);

    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(this.#plane.kubeConfigFor(user));
    const recorder = new Recorder();
    await using watcher = createDynamicWatcher({
      kubeConfig,
      reconciler: recorder,
      enableCache: call !== undefined,
      disableInitialReconcile: true,
    });
    await watcher.start();
    const id = watched(namespace);
    const read = async (): Promise<void> => {
      if (!call) return watcher.addWatcher(web, id);
      const found = await watcher.queryBatch(web, async (batch) =>
        call === 'get' ? [await batch.get(id)] : batch.list(id),
      );
      expect(found.map((object) => object?.metadata?.name)).toContain('web-config');
    };
    await work(read, { recorder, namespace, watchCount: () => watcher.getWatchCount() });
  }

  /** Grants it, and waits until the API server has heard of that. */
  async #grant(name: string, user: string, namespace: string, grant: Grant): Promise<void> {
    const { kind = 'Role', rules } = grant;
    if (rules.length === 0) return;
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const metadata = { name, ...(kind === 'Role' && { namespace }) };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
    const objects = [
      { apiVersion, kind, metadata, rules },
      { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects },
    ];
    for (const object of objects) await this.admin.put(object);

    const client = new ApiClient(this.#plane.kubeConfigFor(user));
    for (const { verbs, resources: [resource] = [], resourceNames, nonResourceURLs } of rules) {
      const where = {
        ...(kind === 'Role' && { namespace }),
        ...(resourceNames && { name: resourceNames[0] }),
      };
      for (const verb of verbs) {
        const allowed = resource
          ? { resourceAttributes: { verb, resource, ...where } }
          : { nonResourceAttributes: { verb, path: nonResourceURLs?.[0] } };
        await until(client, allowed, true);
      }
    }
  }

  async #putConfigMap(namespace: string, state: string): Promise<void> {
    const metadata = { name: 'web-config', namespace, labels: { app: 'web' } };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { state } };
    await this.admin.put(object);
  }
}

function grantOf(name: string) {
  const role = roles.find(({ metadata }) => metadata?.name === name);
  if (!role) throw new Error(`the guide has no role ${name}`);
  return role;
}

function without(verb: string, { kind, rules }: Grant): Grant {
  const left = rules.map((rule) => ({
    ...rule,
    verbs: rule.verbs.filter((each) => each !== verb),
  }));
  return { ...(kind && { kind }), rules: left.filter(({ verbs }) => verbs.length > 0) };
}

/** Asks the API server about the caller's own rights until it says so: it hears of changes a little later. */
async function until(client: ApiClient, what: object, allowed: boolean): Promise<void> {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' };
  for (;;) {
    const { body } = await client.ask('POST', path, { ...review, spec: what });
    if ((body['status'] as { allowed?: boolean }).allowed === allowed) return;
    await delay(20);
  }
}
