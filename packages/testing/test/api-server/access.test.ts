import { KubeConfig, AuthorizationV1Api, CoreV1Api } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type ApiServer, startApiServer } from '../../src/index.ts';
import { RawClient } from './raw-client.ts';

const rbac = 'rbac.authorization.k8s.io';
const roles = `/apis/${rbac}/v1/clusterroles`;
const reviews = '/apis/authorization.k8s.io/v1';

let server: ApiServer;
let client: RawClient;

beforeEach(async () => {
  server = await startApiServer();
  client = new RawClient(server.kubeConfig);
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await server.stop();
});

/** Binds a user to a cluster role, everywhere or in a namespace. */
function bind(role: string, user: string, namespace?: string): void {
  server.objects.create<any>({
    apiVersion: `${rbac}/v1`,
    kind: namespace ? 'RoleBinding' : 'ClusterRoleBinding',
    metadata: { name: `${role}-${user}`, ...(namespace && { namespace }) },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'User', apiGroup: rbac, name: user }],
  });
}

async function may(user: string, attributes: object): Promise<boolean> {
  const { body } = await client.post(`${reviews}/subjectaccessreviews`, {
    spec: { user, resourceAttributes: { namespace: 'default', ...attributes } },
  });
  return body.status.allowed;
}

describe('the roles for users', () => {
  it('let viewers view, editors edit and administrators give away, in their namespace', async () => {
    for (const role of ['view', 'edit', 'admin']) bind(role, role, 'default');
    const answers = [];
    for (const attributes of [
      { verb: 'list', resource: 'configmaps' },
      { verb: 'get', resource: 'secrets' },
      { verb: 'create', group: 'apps', resource: 'deployments' },
      { verb: 'create', group: rbac, resource: 'roles' },
      { verb: 'list', resource: 'configmaps', namespace: 'kube-system' },
    ]) {
      const allowed = [];
      for (const user of ['view', 'edit', 'admin']) allowed.push(await may(user, attributes));
      answers.push(allowed);
    }
    expect(answers).toEqual([
      [true, true, true],
      [false, true, true],
      [false, true, true],
      [false, false, true],
      [false, false, false],
    ]);
  });

  it('gather the rules of roles that join them, and of those that those gather, until they go', async () => {
    const name = 'widget-viewer';
    const rule = { apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get'] };
    bind('admin', 'alice', 'default');
    const wanted = { verb: 'get', group: 'example.com', resource: 'widgets' };
    expect(await may('alice', wanted)).toBe(false);
    const watch = await client.watch(`${roles}?watch=1&fieldSelector=metadata.name%3Dadmin`);
    await watch.until(1);
    await client.post(roles, {
      metadata: { name, labels: { [`${rbac}/aggregate-to-view`]: 'true' } },
      rules: [rule],
    });
    await watch.until(2);
    expect(await may('alice', wanted)).toBe(true);
    await client.delete(`${roles}/${name}`);
    await watch.until(3);
    expect(await may('alice', wanted)).toBe(false);
    watch.close();
  });
});

describe('the roles that gather the rules of others', () => {
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
  const gathering = (label: string) => ({ clusterRoleSelectors: [{ matchLabels: { a: label } }] });
  const writersOf = (role: any) =>
    role.metadata.managedFields.map(({ manager, operation }: any) => `${manager} ${operation}`);

  // What a real clusterrole-aggregation-controller does, seen in its managedFields.
  it('are applied to, and keep their own rules where there are none to gather', async () => {
    const watch = await client.watch(`${roles}?watch=1&fieldSelector=metadata.name=whole`);
    await client.post(`${roles}?fieldManager=me`, {
      metadata: { name: 'part', labels: { a: 'b' } },
      rules,
    });
    for (const [name, label] of [
      ['whole', 'b'],
      ['own', 'nobody'],
    ] as const) {
      const aggregationRule = gathering(label);
      const role = { metadata: { name }, rules: name === 'own' ? rules : [], aggregationRule };
      await client.post(`${roles}?fieldManager=me`, role);
    }
    await watch.until(2);
    const whole = (await client.get(`${roles}/whole`)).body;
    expect(whole.rules).toEqual(rules);
    expect(writersOf(whole)).toEqual(['clusterrole-aggregation-controller Apply', 'me Update']);
    const own = (await client.get(`${roles}/own`)).body;
    expect(own.rules).toEqual(rules);
    expect(writersOf(own)).toEqual(['me Update']);

    await client.delete(`${roles}/part`);
    await watch.until(3);
    const empty = (await client.get(`${roles}/whole`)).body;
    expect(empty.rules).toBe(null);
    expect(writersOf(empty)).toEqual(['me Update']);
    watch.close();
  });
});

describe('client-node', () => {
  it('asks what it may, and acts as another user', async () => {
    bind('view', 'bob', 'default');
    const config = new KubeConfig();
    config.loadFromString(server.kubeConfigFor('bob'));
    const resourceAttributes = { verb: 'get', resource: 'configmaps', namespace: 'default' };
    const { status } = await config
      .makeApiClient(AuthorizationV1Api)
      .createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } });
    expect(status).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "view-bob/default" of ClusterRole "view" to User "bob"',
    });

    const asBob = new KubeConfig();
    asBob.loadFromString(server.kubeConfig);
    asBob.users[0] = { ...asBob.users[0]!, impersonateUser: 'bob' };
    const core = asBob.makeApiClient(CoreV1Api);
    await core.listNamespacedConfigMap({ namespace: 'default' });
    await expect(core.listNamespacedSecret({ namespace: 'default' })).rejects.toMatchObject({
      code: 403,
    });
  });
});

describe('reviews', () => {
  it('are not stored, and change no version', async () => {
    const before = server.resourceVersion;
    for (const kind of ['selfsubjectaccessreviews', 'subjectaccessreviews']) {
      const spec = { user: 'x', nonResourceAttributes: { path: '/version', verb: 'get' } };
      expect((await client.post(`${reviews}/${kind}`, { spec })).status).toBe(201);
    }
    expect(server.resourceVersion).toBe(before);
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' };
    expect(() => server.objects.create({ ...review, metadata: { name: 'x' } })).toThrow();
  });
});
