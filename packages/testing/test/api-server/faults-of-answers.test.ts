import { expect, test } from 'vitest';
import { client, server } from './one-server.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const streaming =
  'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1';

test('respond can answer with a page, as a front does', async () => {
  const undo = server.faults.respond({ status: 404, page: true });
  const answer = await client.get(maps);
  undo();
  expect([answer.status, answer.contentType]).toEqual([404, 'text/html']);
  expect(answer.text).not.toMatch(/Status/);
});

test('a page says when to try again, too', async () => {
  const undo = server.faults.respond({ status: 503, page: true, retryAfterSeconds: 7 });
  const { status, headers } = await client.get(maps);
  undo();
  expect([status, headers['content-type'], headers['retry-after']]).toEqual([
    503,
    'text/html',
    '7',
  ]);
});

test('hang leaves certain requests without an answer', async () => {
  const undo = server.faults.hang({ resource: 'secrets' });
  let answered = false;
  const secrets = client.get('/api/v1/secrets').then(() => (answered = true));
  secrets.catch(() => {});
  expect((await client.get(maps)).status).toBe(200);
  expect(answered).toBe(false);
  undo();
  expect((await client.get('/api/v1/secrets')).status).toBe(200);
  expect(answered).toBe(false);
});

test('dropBookmarks leaves events alone', async () => {
  const metadata = { name: 'a', namespace: 'default' };
  server.objects.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
  const told = async () => {
    const watch = await client.watch(`${maps}?${streaming}&fieldSelector=metadata.name%3Da`);
    await watch.untilEnd();
    return watch.lines.map(({ type }) => type);
  };
  const undo = server.faults.dropBookmarks({ resource: 'configmaps' });
  expect(await told()).toEqual(['ADDED']);
  undo();
  expect(await told()).toContain('BOOKMARK');
});
