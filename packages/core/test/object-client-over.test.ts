import { describe, expect, test } from 'vitest';

import { DepwatchError, type ObjectCall, objectClientOver } from '../src/index.ts';

const id = { version: 'v1', kind: 'ConfigMap', namespace: 'a', name: 'one' };
const object = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'a', name: 'one' },
  data: { a: '1' },
};

/** A client that keeps its calls, and has them all answered alike. */
function recorder(answer: () => object = () => ({})) {
  const calls: ObjectCall[] = [];
  const client = objectClientOver(async (call) => {
    calls.push(call);
    return answer();
  });
  return { client, calls };
}

describe('a client over one function', () => {
  test('says which object is meant, of which kind the body is, and what is sent', async () => {
    const { client, calls } = recorder();
    const pod = { ...id, kind: 'Pod' };
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'one' } };
    await client.create(eviction, { subresource: 'eviction', of: pod, dryRun: true });
    await client.patch(id, [{ op: 'remove', path: '/data' }]);
    await client.apply(object, { fieldManager: 'me', force: true });
    const preconditions = { uid: 'u' };
    await client.delete(id, { preconditions, gracePeriodSeconds: 0 });
    expect(calls).toMatchObject([
      {
        ...{ verb: 'create', id: pod, subresource: 'eviction', bodyKind: 'Eviction' },
        ...{ body: JSON.stringify(eviction), dryRun: true },
      },
      { verb: 'patch', id, jsonPatch: true },
      { verb: 'apply', id, fieldManager: 'me', force: true, dryRun: false },
      { verb: 'delete', deletion: { preconditions, gracePeriodSeconds: 0 } },
    ]);
    preconditions.uid = 'changed';
    expect(calls[3]?.deletion?.preconditions?.uid).toBe('u');
  });

  test('tells what is named later from what is never named', async () => {
    const { client, calls } = recorder();
    const { metadata: _, ...rest } = object;
    await client.create({ ...rest, metadata: { generateName: 'made-' } });
    await client.create(rest);
    expect(calls.map(({ nameless }) => nameless)).toEqual([false, true]);
  });

  test('knows nothing, and deletes nothing, where there is nothing', async () => {
    const missing = new DepwatchError('ERR_NOT_FOUND', 'gone');
    const { client } = recorder(() => {
      throw missing;
    });
    expect(await client.get(id)).toBeUndefined();
    expect(await client.delete(id)).toBeUndefined();
    await expect(client.update(object)).rejects.toBe(missing);
  });

  test('a delete with preconditions that hold nothing is not one without', async () => {
    const { client, calls } = recorder();
    const none: object[] = [{}, { uid: undefined }, { UID: 'u' }];
    for (const preconditions of none)
      await expect(client.delete(id, { preconditions })).rejects.toMatchObject({
        code: 'ERR_INVALID_INPUT',
        message: expect.stringMatching(/^preconditions: /) as string,
      });
    expect(calls).toEqual([]);
  });

  test.each([
    ['scale', 'autoscaling/v1', 'Scale'],
    ['eviction', 'policy/v1', 'Eviction'],
    ['binding', 'v1', 'Binding'],
    ['token', 'authentication.k8s.io/v1', 'TokenRequest'],
  ])('a %s that says not whose it is, is asked', async (subresource, apiVersion, kind) => {
    const { client, calls } = recorder();
    const part = { apiVersion, kind, metadata: object.metadata };
    for (const write of [client.create, client.update])
      await expect(write(part, { subresource })).rejects.toThrow(/^of: must say whose /);
    await client.update(object, { subresource: 'scale' });
    expect(calls).toHaveLength(1);
  });

  test('a read or write of no name says what it is of', async () => {
    const { client } = recorder();
    const nameless = { version: 'v1', kind: 'ConfigMap', namespace: 'a' };
    await expect(client.get(nameless)).rejects.toThrow(/^name: must be set/);
  });

  test('what it refuses is not sent, and quotes nothing that was given', async () => {
    const { client, calls } = recorder();
    const secret = { ...object, kind: 'Secret', data: { a: 1n, b: 'hidden' } };
    const error = await client.create(secret as never).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_INVALID_INPUT' });
    expect(String(error) + JSON.stringify(error)).not.toContain('hidden');
    expect(calls).toEqual([]);
  });
});
