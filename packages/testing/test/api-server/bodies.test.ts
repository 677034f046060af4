import { expect, test } from 'vitest';

import { client, server } from './one-server.ts';

test('a cluster-scoped object has no namespace, whatever its writer says', async () => {
  const node = (name: string, metadata: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, namespace: 'x', ...metadata },
  });
  const created = await client.post('/api/v1/nodes', node('a'));
  const labels = { a: 'b' };
  const patched = await client.patch('/api/v1/nodes/a', { metadata: { namespace: 'y', labels } });
  const updated = await client.put('/api/v1/nodes/a', node('a', { labels: {} }));
  const path = '/api/v1/nodes/b?fieldManager=m';
  const applied = await client.patch(path, node('b'), 'application/apply-patch+yaml');
  const answers = [created, patched, updated, applied];
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 201]);
  const objects = [...answers.map(({ body }) => body), server.objects.create(node('c'))];
  for (const { metadata } of objects) expect(metadata).not.toHaveProperty('namespace');
});

const maps = '/api/v1/namespaces/default/configmaps';
const json = 'application/json-patch+json';

test('a text that is nested too deep is no body, and nothing is done', async () => {
  await client.post(maps, { metadata: { name: 'deep' }, data: { a: '1' } });
  const text = `{"data":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  const path = `${maps}/deep`;
  const answers = await Promise.all([
    client.post(maps, text),
    client.put(path, text),
    client.patch(path, text),
    client.patch(path, text, 'strategic-merge'),
    client.patch(path, `[${text}]`, json),
    client.patch(`${path}?fieldManager=m`, text, 'application/apply-patch+yaml'),
    client.delete(path, text),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 400));
  expect((await client.get(path)).body.data).toEqual({ a: '1' });
});

test('brackets within strings are no levels', async () => {
  const data = { a: '['.repeat(20_000), b: '\\"{'.repeat(20_000) };
  const { status, body } = await client.post(maps, { metadata: { name: 'flat' }, data });
  expect([status, body.data]).toEqual([201, data]);
});

test('a body of null is an empty object, or an empty patch', async () => {
  await client.post(maps, { metadata: { name: 'null' } });
  const path = `${maps}/null`;
  expect((await client.post(maps, 'null')).status).toBe(422);
  expect((await client.patch(path, 'null', 'strategic-merge')).status).toBe(200);
  expect((await client.patch(path, 'null', json)).status).toBe(200);
  expect((await client.patch(path, 'null')).status).toBe(400);
  expect((await client.delete(path, 'null')).status).toBe(200);
});

test('a JSON patch has at most 10,000 operations', async () => {
  await client.post(maps, { metadata: { name: 'many' } });
  const operations = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind' }));
  expect((await client.patch(`${maps}/many`, operations, json)).status).toBe(413);
});

test('whoever patches is told of keys that are there twice', async () => {
  await client.post(maps, { metadata: { name: 'twice' } });
  const text = '{"data":{"a":"1","a":"2"}}';
  for (const type of ['merge', 'strategic-merge']) {
    const { headers } = await client.patch(`${maps}/twice`, text, type);
    expect(headers['warning']).toBe('299 - "duplicate field \\"data.a\\""');
    const strict = await client.patch(`${maps}/twice?fieldValidation=Strict`, text, type);
    expect([strict.status, strict.body.message]).toEqual([
      422,
      expect.stringMatching(/strict decoding error: duplicate field "data.a"$/),
    ]);
  }
});

test('YAML is read wherever JSON is', async () => {
  const text = 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: yaml}\ndata: {a: "1"}\n';
  const options = { body: text, contentType: 'application/yaml' };
  expect((await client.request('POST', maps, options)).body.data).toEqual({ a: '1' });
  const changed = { ...options, body: text.replace('"1"', '"2"') };
  expect((await client.request('PUT', `${maps}/yaml`, changed)).body.data).toEqual({ a: '2' });
  const broken = { ...options, body: 'a: [' };
  expect((await client.request('POST', maps, broken)).status).toBe(400);
});

test('a patch of the uid is invalid, and one of nothing but a directive is nothing', async () => {
  await client.post(maps, { metadata: { name: 'uid' } });
  const path = `${maps}/uid`;
  expect((await client.patch(path, { metadata: { uid: 'x' } })).status).toBe(422);
  const replaced = { data: { $patch: 'replace', a: '1' } };
  expect((await client.patch(path, replaced, 'strategic-merge')).body).not.toHaveProperty('data');
  await client.patch(path, { data: { a: '1', b: '2' } });
  const { body } = await client.patch(path, replaced, 'strategic-merge');
  expect(body.data).toEqual({ a: '1' });
});
