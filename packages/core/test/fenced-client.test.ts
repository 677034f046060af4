import { expect, test } from 'vitest';
import { DepwatchError, fencedClient, type ObjectClient } from '../src/index.ts';

const id = { version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'one' };
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } };

/** A client that notes what is sent, and with which signal. */
function noting() {
  const sent: string[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const note =
    (name: string, at: number) =>
    async (...args: readonly unknown[]) => {
      sent.push(name);
      signals.push((args[at] as { signal?: AbortSignal } | undefined)?.signal);
      return object;
    };
  const client = {
    get: note('get', 1),
    create: note('create', 1),
    update: note('update', 1),
    patch: note('patch', 2),
    apply: note('apply', 1),
    delete: note('delete', 1),
  } as unknown as ObjectClient;
  return { client, sent, signals };
}

const writes: readonly (readonly [string, (client: ObjectClient) => Promise<unknown>])[] = [
  ['create', (client) => client.create(object)],
  ['update', (client) => client.update(object)],
  ['patch', (client) => client.patch(id, {})],
  ['apply', (client) => client.apply(object, { fieldManager: 'me' })],
  ['delete', (client) => client.delete(id)],
];

test.each(writes)(
  'a %s is sent while the reconcile may go on, and not after',
  async (name, write) => {
    const { client, sent, signals } = noting();
    const run = new AbortController();
    // That it isn't owned any more is no reason: what runs may end.
    const fenced = fencedClient(client, { ownership: { owns: () => false }, signal: run.signal });
    await write(fenced);
    expect(sent).toEqual([name]);
    expect(signals).toEqual([run.signal]);
    run.abort();
    await expect(write(fenced)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(sent).toEqual([name]);
  },
);

test('the ownership is asked before each write, and may abort the reconcile then', async () => {
  const { client, sent } = noting();
  const run = new AbortController();
  const reason = new DepwatchError('ERR_ABORTED', 'another replica is to own the watcher');
  const owns = (): boolean => {
    run.abort(reason);
    return false;
  };
  const fenced = fencedClient(client, { ownership: { owns }, signal: run.signal });
  await expect(fenced.patch(id, {})).rejects.toBe(reason);
  expect(sent).toEqual([]);
});

test('reads go on for as long as their signal lets them', async () => {
  const { client, sent, signals } = noting();
  const run = new AbortController();
  const own = new AbortController().signal;
  const fenced = fencedClient(client, { ownership: { owns: () => true }, signal: run.signal });
  await fenced.get(id);
  await fenced.get(id, { signal: own });
  expect(sent).toEqual(['get', 'get']);
  expect(signals).toEqual([run.signal, own]);
});
