import { describe, expect, test } from 'vitest';

import { createFakeTransport, type FakeRequest, type KubernetesObject } from '../src/index.ts';
import { code, configMap, type ConfigMap, newConfigMap } from './fake-transport-kit.ts';

const one = { ...configMap, namespace: 'a', name: 'one' };

interface Managed extends KubernetesObject {
  metadata: NonNullable<KubernetesObject['metadata']> & {
    managedFields?: {
      manager: string;
      operation: string;
      fieldsV1: object;
      subresource?: string;
    }[];
  };
  spec?: object;
  status?: object;
}

const managers = (object: KubernetesObject) =>
  ((object as Managed).metadata.managedFields ?? []).map(({ manager, operation, fieldsV1 }) => [
    manager,
    operation,
    fieldsV1,
  ]);

describe('rules meet reads and writes', () => {
  test('by operation, kind and name, and see what is sent', async () => {
    const transport = createFakeTransport();
    transport.put(newConfigMap('one'));
    const seen: FakeRequest[] = [];
    const error = { code: 409, reason: 'Conflict', message: 'the object has been modified' };
    const match = (request: FakeRequest) => {
      seen.push(request);
      return request.id?.name === 'one';
    };
    const undo = transport.fail({ operation: 'update', match, error, times: 1 });
    const update = () => transport.update(newConfigMap('one', { data: { a: '1' } }));
    await expect(update()).rejects.toEqual(code('ERR_CONFLICT'));
    expect(seen).toMatchObject([{ operation: 'update', id: one, body: { data: { a: '1' } } }]);
    await update();
    undo();
    transport.fail({ operation: 'patch', match: { name: 'one' }, error: { code: 503 } });
    await expect(transport.patch(one, { data: null })).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      retryable: true,
    });
    expect(transport.stored<ConfigMap>(one)?.data).toEqual({ a: '1' });
    expect(transport.requests).toMatchObject({ update: 2, patch: 1, get: 0 });
  });

  test('a write whose answer is held has happened, and its time-out does not undo it', async () => {
    const transport = createFakeTransport();
    transport.hold({ operation: 'create', at: 'answer', timeoutMs: 5000 });
    const created = transport.create(newConfigMap('one'));
    const failed = expect(created).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      reason: 'timeout',
    });
    await transport.clock.advance(5000);
    await failed;
    expect(transport.stored(one)).toBeDefined();
  });

  test('deny refuses by the verbs of RBAC, of which apply is a patch', async () => {
    const transport = createFakeTransport();
    transport.put(newConfigMap('one'));
    transport.deny({ verbs: ['patch'], resource: 'configmaps' });
    const forbidden = code('ERR_FORBIDDEN');
    await expect(transport.patch(one, {})).rejects.toEqual(forbidden);
    await expect(transport.apply(newConfigMap('one'), { fieldManager: 'me' })).rejects.toEqual(
      forbidden,
    );
    await transport.update(newConfigMap('one'));
  });

  test('deny tells a part from the whole, as RBAC does', async () => {
    const transport = createFakeTransport();
    const id = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'a', name: 'd' };
    const metadata = { namespace: 'a', name: 'd' };
    transport.put({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: {} } as Managed);
    transport.deny({ resource: 'deployments/status' });
    await expect(
      transport.patch(id, { status: { replicas: 1 } }, { subresource: 'status' }),
    ).rejects.toThrow(/"deployments\/status"/);
    await transport.patch(id, { spec: { replicas: 1 } });
  });

  test('down refuses writes until up', async () => {
    const transport = createFakeTransport();
    transport.down();
    await expect(transport.create(newConfigMap('one'))).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      reason: 'unreachable',
    });
    transport.up();
    await transport.create(newConfigMap('one'));
  });
});

describe('managers of fields', () => {
  test('an update owns what it changes, an apply what it names', async () => {
    const transport = createFakeTransport();
    await transport.create(newConfigMap('one', { data: { a: '1', b: '1' } }), {
      fieldManager: 'maker',
    });
    await transport.patch(one, { data: { a: '2' } }, { fieldManager: 'patcher' });
    const applied = await transport.apply(newConfigMap('one', { data: { b: '1', c: '1' } }), {
      fieldManager: 'applier',
    });
    expect(managers(applied)).toEqual([
      ['applier', 'Apply', { 'f:data': { 'f:b': {}, 'f:c': {} } }],
      ['maker', 'Update', { 'f:data': { '.': {}, 'f:b': {} } }],
      ['patcher', 'Update', { 'f:data': { 'f:a': {} } }],
    ]);
  });

  test('to apply once more what is there is no write, whoever came after', async () => {
    const transport = createFakeTransport();
    const apply = (fieldManager: string, data: ConfigMap['data']) =>
      transport.apply(newConfigMap('one', { data: data! }), { fieldManager });
    await apply('one', { a: '1' });
    const last = await apply('two', { b: '1' });
    expect(await apply('one', { a: '1' })).toEqual(last);
  });

  test('what put writes is nobody’s', async () => {
    const transport = createFakeTransport();
    const fieldManager = 'me';
    await transport.apply(newConfigMap('one', { data: { a: '1', b: '1' } }), { fieldManager });
    transport.put(newConfigMap('one', { data: { a: '2', b: '1' } }));
    expect(managers(transport.stored(one)!)).toEqual([
      ['me', 'Apply', { 'f:data': { 'f:b': {} } }],
    ]);
    const back = await transport.apply(newConfigMap('one', { data: { a: '1' } }), { fieldManager });
    expect(back.data).toEqual({ a: '1' });
  });

  const deployment = (containers: object[], rest: object = {}) =>
    ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'a', name: 'd', ...rest },
      spec: { template: { spec: { containers } } },
    }) as Managed;

  test('containers are told apart by name, finalizers are a set', async () => {
    const transport = createFakeTransport();
    const apply = (fieldManager: string, object: Managed) =>
      transport.apply(object, { fieldManager });
    await apply('one', deployment([{ name: 'a', image: 'a:1' }], { finalizers: ['x.y/one'] }));
    await apply('two', deployment([{ name: 'b', image: 'b:1' }], { finalizers: ['x.y/two'] }));
    const both = await apply('one', deployment([{ name: 'a', image: 'a:2' }], { finalizers: [] }));
    expect(both).toMatchObject({
      metadata: { finalizers: ['x.y/two'] },
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'a', image: 'a:2' },
              { name: 'b', image: 'b:1' },
            ],
          },
        },
      },
    });
    const less = await apply('one', deployment([]));
    expect(less.spec).toEqual({
      template: { spec: { containers: [{ name: 'b', image: 'b:1' }] } },
    });
    await expect(apply('one', deployment([{ name: 'b', image: 'b:2' }]))).rejects.toThrow(
      /conflict with "two": \.spec\.template\.spec\.containers\[name="b"\]\.image/,
    );
  });

  test('an element of which others own no more than a part goes with who applied it', async () => {
    const transport = createFakeTransport();
    const fieldManager = 'one';
    const id = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'a', name: 'd' };
    const other = { name: 'b', image: 'b:1' };
    const given = deployment([{ name: 'a', image: 'a:1', tty: true }, other]);
    await transport.apply(given, { fieldManager });
    const path = '/spec/template/spec/containers/0/image';
    await transport.patch(id, [{ op: 'replace', path, value: 'a:2' }], { fieldManager: 'two' });
    const left = await transport.apply(deployment([other]), { fieldManager });
    expect(left.spec).toEqual({ template: { spec: { containers: [other] } } });
  });

  test('the lists of a custom kind are merged as its definition says', async () => {
    const listed = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port'],
      items: { type: 'object', properties: { port: { type: 'integer' }, to: { type: 'string' } } },
    };
    const spec = { type: 'object', properties: { listed, atomic: { ...listed } } };
    for (const key of Object.keys(listed).filter((name) => name.startsWith('x-'))) {
      Reflect.deleteProperty(spec.properties.atomic, key);
    }
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } };
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'routes.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Route', plural: 'routes' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    };
    const transport = createFakeTransport({ objects: [definition] });
    const apply = (fieldManager: string, content: object) => {
      const metadata = { namespace: 'a', name: 'r' };
      const route = { apiVersion: 'example.com/v1', kind: 'Route', metadata, spec: content };
      return transport.apply(route as Managed, { fieldManager });
    };
    await apply('one', { listed: [{ port: 1, to: 'one' }] });
    const both = await apply('two', { listed: [{ port: 2, to: 'two' }], atomic: [{ port: 1 }] });
    expect(both.spec).toEqual({
      listed: [
        { port: 1, to: 'one' },
        { port: 2, to: 'two' },
      ],
      atomic: [{ port: 1 }],
    });
    await expect(apply('one', { atomic: [{ port: 2 }] })).rejects.toThrow(/"two": \.spec\.atomic/);
    await expect(apply('one', { unknown: 1 })).rejects.toMatchObject({
      code: 'ERR_REJECTED',
      message: expect.stringContaining('.spec.unknown: field not declared in schema') as string,
    });
  });

  test('to apply no status is to apply nothing', async () => {
    const transport = createFakeTransport();
    await transport.create(deployment([]));
    const options = { fieldManager: 'one', subresource: 'status' };
    const applied = await transport.apply(deployment([]), options);
    expect(Object.keys(applied)).not.toContain('status');
    expect(managers(applied).map(([manager]) => manager)).not.toContain('one');
  });

  test('to apply an empty object takes nothing away from others', async () => {
    const transport = createFakeTransport();
    transport.put(newConfigMap('one', { data: { a: '1' }, metadata: { labels: { b: 'c' } } }));
    const empty = newConfigMap('one', { data: {}, metadata: { labels: {} } });
    const applied = await transport.apply(empty, { fieldManager: 'me' });
    expect(applied).toMatchObject({ data: { a: '1' }, metadata: { labels: { b: 'c' } } });
  });

  test('to give up what was empty takes nothing of what others put into it', async () => {
    const transport = createFakeTransport();
    await transport.apply(newConfigMap('one', { data: {} }), { fieldManager: 'one' });
    await transport.patch(one, { data: { a: '1' } }, { fieldManager: 'two' });
    const applied = await transport.apply(newConfigMap('one'), { fieldManager: 'one' });
    expect(applied.data).toEqual({ a: '1' });
  });

  test('a part that another part takes the place of is a conflict', async () => {
    const transport = createFakeTransport();
    const gvk = { group: 'example.com', version: 'v1', kind: 'Widget' };
    transport.registerKind(gvk);
    const widget = (spec: object) =>
      ({
        apiVersion: 'example.com/v1',
        kind: 'Widget',
        metadata: { namespace: 'a', name: 'w' },
        spec,
      }) as Managed;
    await transport.apply(widget({ size: { min: 1 } }), { fieldManager: 'one' });
    const other = () => transport.apply(widget({ size: 5 }), { fieldManager: 'two' });
    await expect(other()).rejects.toThrow(/conflict with "one": \.spec\.size/);
    const forced = await transport.apply(widget({ size: 5 }), { fieldManager: 'two', force: true });
    expect(forced.spec).toEqual({ size: 5 });
    expect(managers(forced)).toEqual([
      ['one', 'Apply', { 'f:spec': {} }],
      ['two', 'Apply', { 'f:spec': { '.': {}, 'f:size': {} } }],
    ]);
    const back = () => transport.apply(widget({ size: { min: 1 } }), { fieldManager: 'one' });
    await expect(back()).rejects.toThrow(/conflict with "two": \.spec\.size/);
  });

  test('keys that are special to JavaScript are fields', async () => {
    const transport = createFakeTransport();
    const fieldManager = 'me';
    const data = JSON.parse('{"__proto__":"1","constructor":"1"}') as { [key: string]: string };
    await transport.apply(newConfigMap('one', { data }), { fieldManager });
    const less = JSON.parse('{"__proto__":"2"}') as { [key: string]: string };
    const applied = await transport.apply(newConfigMap('one', { data: less }), { fieldManager });
    expect(Object.entries(applied.data ?? {})).toEqual([['__proto__', '2']]);
  });
});

test.each([undefined, null, 'text', 5, []])(
  '%j is no object to write, and no patch',
  async (wrong) => {
    const transport = createFakeTransport();
    transport.put(newConfigMap('one'));
    const object = wrong as unknown as KubernetesObject;
    const invalid = code('ERR_INVALID_INPUT');
    await expect(transport.create(object)).rejects.toEqual(invalid);
    await expect(transport.update(object)).rejects.toEqual(invalid);
    await expect(transport.apply(object, { fieldManager: 'me' })).rejects.toEqual(invalid);
    if (Array.isArray(wrong)) return;
    await expect(transport.patch(one, wrong as unknown as object)).rejects.toEqual(invalid);
  },
);

test('a custom kind is not updated without a resourceVersion', async () => {
  const transport = createFakeTransport();
  transport.registerKind({ group: 'example.com', version: 'v1', kind: 'Widget' });
  const metadata = { namespace: 'a', name: 'w' };
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata };
  const created = await transport.create(widget);
  await expect(transport.update(widget)).rejects.toMatchObject({
    code: 'ERR_REJECTED',
    status: { code: 422 },
  });
  await transport.update(created);
});

test('the error of a refused Secret says nothing of what is in it', async () => {
  const transport = createFakeTransport();
  const metadata = { namespace: 'a', name: 's' };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { key: 'hidden' } };
  transport.put(secret);
  const id = { version: 'v1', kind: 'Secret', ...metadata };
  const failures = [
    transport.create(secret),
    transport.patch(id, [{ op: 'test', path: '/stringData/key', value: 'hidden too' }]),
    transport.apply({ ...secret, metadata: { ...metadata, uid: 'other' } }, { fieldManager: 'me' }),
  ];
  for (const [outcome] of await Promise.all(failures.map((one) => Promise.allSettled([one])))) {
    expect(outcome?.status).toBe('rejected');
    const { reason } = outcome as PromiseRejectedResult;
    expect(JSON.stringify(reason) + String(reason)).not.toContain('hidden');
  }
});
