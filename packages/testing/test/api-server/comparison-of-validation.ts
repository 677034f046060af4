import { type ComparisonCase, merge, script, type Step } from './comparison-cases.ts';

const maps = '/api/v1/namespaces/{ns}/configmaps';
const secrets = '/api/v1/namespaces/{ns}/secrets';
const leases = '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases';
const events = '/api/v1/namespaces/{ns}/events';
const newEvents = '/apis/events.k8s.io/v1/namespaces/{ns}/events';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const roles = `${rbac}/namespaces/{ns}/roles`;
const bindings = `${rbac}/namespaces/{ns}/rolebindings`;

/** A dry run each of creating objects. */
function creates(path: string, bodies: readonly object[]): Step[] {
  return bodies.map((body, index): Step => [
    'POST',
    `${path}?dryRun=All`,
    { metadata: { name: `n${index}` }, ...body },
  ]);
}

function lease(name: string, spec: object, more: object = {}): object {
  return { metadata: { name, ...more }, spec };
}

const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'x' };
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' };
const eventTime = '2026-11-27T09:00:00.000000Z';
const event = {
  metadata: { name: 'e' },
  eventTime,
  reportingController: 'example.com/c',
  reportingInstance: 'i-1',
  action: 'A',
  reason: 'R',
  type: 'Normal',
  regarding: { kind: 'Pod', namespace: '{ns}', name: 'p' },
  note: 'hello',
};

/** What writes of built-in kinds are refused for. */
export const validationCases: readonly ComparisonCase[] = [
  script('leases: created by PUT, updated with a version alone', [
    ['PUT', `${leases}/new`, lease('new', { holderIdentity: 'b' })],
    ['PUT', `${leases}/old`, lease('old', { holderIdentity: 'b' }, { resourceVersion: '5' })],
    ['PUT', `${leases}/other`, lease('other', {}, { uid: '5' })],
    ['PUT', `${leases}/dry?dryRun=All`, lease('dry', {})],
    ['GET', `${leases}/dry`],
    ['PUT', `${leases}/new`, lease('new', { holderIdentity: 'c' })],
    ['PUT', `${leases}/new`, lease('new', {}, { resourceVersion: '1' })],
    ['PUT', `${leases}/new`, lease('new', {}, { resourceVersion: '0' })],
    ['PUT', `${leases}/new`, lease('renamed', {})],
    ['POST', leases, lease('zero', { leaseDurationSeconds: 0 })],
    ['POST', leases, lease('less', { leaseDurationSeconds: -1, leaseTransitions: -1 })],
    ['POST', leases, { metadata: { name: 'nothing' } }],
    ['PATCH', `${leases}/new`, { spec: { leaseDurationSeconds: 0 } }, merge],
    ['PATCH', `${leases}/missing`, { spec: {} }, merge],
  ]),
  script('what else a PUT creates, and what it does not', [
    ['PUT', `${roles}/x`, { metadata: { name: 'x' }, rules: [] }],
    ['PUT', `${bindings}/x`, { metadata: { name: 'x' }, roleRef }],
    ['PUT', `${rbac}/clusterroles/{ns}`, { metadata: { name: '{ns}' } }],
    ['PUT', `${events}/x`, { metadata: { name: 'x' }, involvedObject: { namespace: '{ns}' } }],
    ['PUT', `${maps}/x`, { metadata: { name: 'x' } }],
    ['PUT', '/apis/apps/v1/namespaces/{ns}/deployments/x', { metadata: { name: 'x' } }],
  ]),
  script(
    'metadata: owners, finalizers, annotations',
    creates(
      maps,
      [
        { ownerReferences: [{}] },
        { ownerReferences: [owner] },
        { ownerReferences: [{ ...owner, apiVersion: '' }] },
        { ownerReferences: [{ ...owner, apiVersion: 'a/b/c' }] },
        { ownerReferences: [{ ...owner, kind: 'Event' }] },
        {
          ownerReferences: [
            { ...owner, controller: true },
            { ...owner, name: 'b', uid: 'y', controller: true },
          ],
        },
        { finalizers: ['foo'] },
        { finalizers: ['a b'] },
        { finalizers: [''] },
        { finalizers: ['example.com/'] },
        { finalizers: ['a/b/c'] },
        { finalizers: ['orphan', 'foregroundDeletion'] },
        { finalizers: ['kubernetes', 'example.com/x', 'example.com/x'] },
        { annotations: { 'a b': 'x' } },
        { annotations: { '': 'x' } },
        { annotations: { 'UPPER/x': 'y' } },
        { annotations: { a: 'x'.repeat(262_144) } },
        { annotations: { a: 'x'.repeat(262_143) } },
        { generation: -1 },
        { generateName: 'Foo' },
        { generateName: 'foo-' },
      ].map((metadata) => ({ metadata: { name: 'a', ...metadata } })),
    ),
  ),
  {
    name: 'metadata: the same in an update',
    async run({ client, namespace }) {
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      await client.post(path, { metadata: { name: 'a' } });
      const messages: unknown[] = [];
      for (const metadata of [
        { ownerReferences: [{ ...owner, uid: '' }] },
        { finalizers: ['foo'] },
        { annotations: { 'a b': 'x' } },
        { labels: { a: '-' } },
      ]) {
        // How often one fault is told among the causes is up to the kind.
        const { status, body } = await client.patch(`${path}/a`, { metadata });
        messages.push([status, body.message]);
      }
      return messages;
    },
  },
  {
    name: 'a generated name leaves room for its end',
    async run({ client, namespace }) {
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const names: unknown[] = [];
      for (const generateName of ['a-', 'a'.repeat(58), 'a'.repeat(70), 'Foo_']) {
        const { status, body } = await client.post(path, { metadata: { generateName } });
        names.push([status, body.metadata?.name?.slice(0, -5), body.metadata?.name?.length]);
      }
      return names;
    },
  },
  script(
    'data of ConfigMaps: keys and size',
    creates(maps, [
      ...['', 'a b', '.', '..', '..a', '...', '.a', 'a'.repeat(254)].map((key) => ({
        data: { [key]: 'x' },
      })),
      { binaryData: { 'a b': 'eA==' } },
      { data: { a: 'x'.repeat(1024 * 1024 + 1) } },
      { data: { a: 'x'.repeat(1024 * 1024 - 1) }, binaryData: { b: 'eHg=' } },
      { data: { a: 'x' }, binaryData: { a: 'eA==' } },
    ]),
  ),
  script(
    'data of Secrets: keys, size, and what their types need',
    creates(secrets, [
      { data: { a: '?' } },
      { data: { a: 'eA' } },
      { data: { a: '' } },
      { stringData: { a: 5 } },
      { stringData: { 'a b': 'x' } },
      { data: { a: Buffer.alloc(1024 * 1024 + 1).toString('base64') } },
      { type: 'kubernetes.io/tls' },
      { type: 'kubernetes.io/dockerconfigjson' },
      { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{}' } },
      { type: 'kubernetes.io/dockercfg' },
      { type: 'kubernetes.io/basic-auth' },
      { type: 'kubernetes.io/basic-auth', stringData: { username: 'a' } },
      { type: 'kubernetes.io/ssh-auth' },
      { type: 'kubernetes.io/ssh-auth', stringData: { 'ssh-privatekey': '' } },
      { type: 'kubernetes.io/service-account-token' },
      { type: 'any thing' },
    ]),
  ),
  script('Secrets: a type is for ever, and so is what is immutable', [
    ['POST', secrets, { metadata: { name: 'a' }, immutable: true, stringData: { a: 'b' } }],
    ['PATCH', `${secrets}/a`, { type: 'foo' }, merge],
    ['PATCH', `${secrets}/a`, { immutable: false }, merge],
    ['PATCH', `${secrets}/a`, { data: { a: null } }, merge],
    ['PATCH', `${secrets}/a`, { metadata: { labels: { a: 'b' } } }, merge],
    ['PUT', `${secrets}/a`, { metadata: { name: 'a' }, immutable: true, stringData: { a: 'b' } }],
  ]),
  script('RBAC: rules', [
    ...creates(roles, [
      ...[
        {},
        { verbs: [] },
        { verbs: ['get'] },
        { verbs: ['get'], apiGroups: [''] },
        { verbs: ['get'], resources: ['pods'] },
        { verbs: ['foo'], apiGroups: [''], resources: ['pods'] },
        { verbs: ['get'], nonResourceURLs: ['/x'] },
        { verbs: ['get'], apiGroups: [''], resources: ['pods'], nonResourceURLs: ['/x'] },
      ].map((rule) => ({ rules: [rule] })),
    ]),
    ...creates(`${rbac}/clusterroles`, [
      { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] },
      { rules: [{ verbs: ['get'], resourceNames: ['pods'], nonResourceURLs: ['/x'] }] },
    ]),
  ]),
  script('RBAC: bindings', [
    ...creates(bindings, [
      {},
      { roleRef: { ...roleRef, kind: 'Foo' } },
      { roleRef: { ...roleRef, apiGroup: 'x' } },
      { roleRef: { ...roleRef, name: 'a/b' } },
      ...[
        {},
        { kind: 'Foo', name: 'x' },
        { kind: 'ServiceAccount', name: 's' },
        { kind: 'ServiceAccount', name: 'S_', namespace: 'x' },
        { kind: 'ServiceAccount', name: 's', namespace: 'x', apiGroup: 'foo' },
        { kind: 'User', name: '', apiGroup: 'x' },
        { kind: 'Group', name: 'g', namespace: 'x' },
        { kind: 'User', name: 'g' },
      ].map((subject) => ({ roleRef, subjects: [subject] })),
    ]),
    ...creates(`${rbac}/clusterrolebindings`, [{ roleRef }]),
    ['POST', bindings, { metadata: { name: 'b' }, roleRef }],
    ['PATCH', `${bindings}/b`, { roleRef: { name: 'y' } }, merge],
    ['PATCH', `${bindings}/b`, { subjects: [{ kind: 'User', name: 'u' }] }, merge],
  ]),
  script('options that there are not', [
    ['POST', maps, { metadata: { name: 'a' } }],
    ['POST', `${maps}?dryRun=x`, { metadata: { name: 'b' } }],
    ['POST', `${maps}?dryRun=All&dryRun=x`, { metadata: { name: 'b' } }],
    ['POST', `${maps}?dryRun=x&fieldValidation=y`, { metadata: { name: 'b' } }],
    ['PUT', `${maps}/a?dryRun=x`, { metadata: { name: 'a' } }],
    ['PATCH', `${maps}/a?dryRun=x`, {}, merge],
    ['DELETE', `${maps}/a?dryRun=x`],
    ['DELETE', `${maps}/a`, { dryRun: ['x'] }],
    ['DELETE', `${maps}/a`, { dryRun: 'All' }],
    ['DELETE', `${maps}/a?propagationPolicy=x`],
    ['DELETE', `${maps}/a`, { propagationPolicy: 'x' }],
    ['DELETE', `${maps}/a`, { propagationPolicy: 'Background', orphanDependents: true }],
    ['DELETE', `${maps}/a?gracePeriodSeconds=x`],
    ['DELETE', `${maps}/a`, { gracePeriodSeconds: 'x' }],
    ['DELETE', `${maps}/a`, { kind: 'Foo', apiVersion: 'v1' }],
    ['DELETE', `${maps}?propagationPolicy=x`],
    ['DELETE', `${maps}/missing?propagationPolicy=x`],
    ['GET', `${maps}/a`],
  ]),
  script('events of the core group, as they have always been', [
    ['POST', events, { metadata: { name: 'a' } }],
    ['POST', events, { metadata: { name: 'a' }, involvedObject: { namespace: 'other' } }],
    ['POST', events, { metadata: { name: 'a' }, involvedObject: { namespace: '{ns}' } }],
    [
      'POST',
      events,
      {
        metadata: { name: 'b' },
        involvedObject: { kind: 'Pod', namespace: '{ns}', name: 'p' },
        reason: 'R',
        message: 'm',
        type: 'Odd',
        count: 1,
        firstTimestamp: '2026-11-27T09:00:00Z',
        lastTimestamp: '2026-11-27T10:00:00+01:00',
        source: { component: 'x' },
      },
    ],
    ['POST', events, { metadata: { name: 'c' }, involvedObject: { namespace: '{ns}' }, eventTime }],
    ['PATCH', `${events}/b`, { count: 7, message: 'changed' }, merge],
    ['GET', `${newEvents}/b`],
    ['PATCH', `${newEvents}/b`, { note: 'z' }, merge],
    ['GET', `${events}?fieldSelector=involvedObject.name%3Dp,type%3DOdd`],
    ['GET', `${events}?fieldSelector=source%3Dx,reportingComponent%3D`],
    ['GET', `${events}?fieldSelector=regarding.name%3Dp`],
    ['DELETE', `${newEvents}/b`],
    ['GET', `${events}/b`],
  ]),
  script('events of their own group, strictly', [
    ...[
      { eventTime: undefined, type: '' },
      { type: 'Odd' },
      { note: 'x'.repeat(1025) },
      { reportingController: 'A B' },
      { reportingInstance: '' },
      { action: '' },
      { reason: '' },
      { regarding: {} },
      { series: { count: 1 } },
      { deprecatedCount: 5 },
      { deprecatedSource: { component: 'x' } },
      { deprecatedFirstTimestamp: '2026-11-27T09:00:00Z' },
    ].map((more): Step => ['POST', newEvents, { ...event, ...more }]),
    ['POST', newEvents, event],
    ['POST', newEvents, event],
    ['GET', `${events}/e`],
    ['PATCH', `${newEvents}/e`, { series: { count: 2, lastObservedTime: eventTime } }, merge],
    ['PATCH', `${newEvents}/e`, { note: 'other' }, merge],
    ['PATCH', `${newEvents}/e`, { series: { count: 1, lastObservedTime: eventTime } }, merge],
    ['PATCH', `${newEvents}/e`, { metadata: { labels: { a: 'b' } } }, merge],
    ['GET', `${newEvents}?fieldSelector=regarding.name%3Dp,reportingController%3Dexample.com/c`],
    ['GET', `${newEvents}?fieldSelector=involvedObject.name%3Dp`],
    ['GET', newEvents],
    ['GET', events],
    ['GET', `${newEvents}?watch=1&timeoutSeconds=1`],
    ['DELETE', `${newEvents}/e`],
    ['GET', `${newEvents}/e`],
  ]),
];
