import {
  DepwatchError,
  groupVersionKindKey,
  silentLogger,
  type GroupVersionKind,
  type ScopedGVR,
} from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import type { Resources } from '../../../src/requests/resources.ts';
import { KindNotices } from '../../../src/supply/unwatched/kind-notices.ts';
import type { Sink } from '../../../src/supply/sources/source.ts';

const kindOf = (kind: string, group = 'example.com'): GroupVersionKind => ({
  group,
  version: 'v1',
  kind,
});
const missing = new DepwatchError('ERR_NO_VERSIONED_RESOURCE', 'no');

/** Kind notices, what the server serves, and a way to say that a definition has changed. */
function world({ answerMs = 0, isBlind = false } = {}) {
  const clock = createVirtualClock();
  const kinds = new Set<string>();
  const asked: string[] = [];
  const sinks: Sink[] = [];
  let version = 1;
  const rediscover = (gvk: GroupVersionKind, { signal }: { signal: AbortSignal }) =>
    new Promise<ScopedGVR>((resolve, reject) => {
      asked.push(gvk.kind);
      const answer = kinds.has(groupVersionKindKey(gvk));
      signal.addEventListener('abort', () => reject(signal.reason));
      const gvr = { ...gvk, group: gvk.group!, resource: 'some', namespaced: true };
      clock.setTimeout(() => (answer ? resolve(gvr) : reject(missing)), answerMs);
    });
  const transport = {
    servedKinds: async ({ known }: { known?: string }) =>
      known === `${version}` ? undefined : { version: `${version}`, kinds: new Set(kinds) },
  };
  const notices = new KindNotices({
    clock,
    logger: silentLogger,
    resources: { rediscover } as unknown as Resources,
    transport,
    createSource: (sink) => {
      sinks.push(sink);
      const refuse = (): void => sink.ended(new DepwatchError('ERR_FORBIDDEN', 'no'));
      return {
        start: () => isBlind && void clock.setTimeout(refuse, 1),
        stop: () => {},
        expire: () => {},
        resourceVersion: undefined,
        servedBy: 'object',
        query: { gvr: {} as ScopedGVR, gvk: kindOf('X') },
      };
    },
  });
  const told: string[] = [];
  const waitFor = (gvk: GroupVersionKind, signal = new AbortController().signal): void =>
    void notices.served(gvk, signal).then(
      () => told.push(gvk.kind),
      () => {},
    );
  const serve = (gvk: GroupVersionKind): void => {
    kinds.add(groupVersionKindKey(gvk));
    version += 1;
  };
  const notice = (group = 'example.com'): void =>
    sinks[0]!.changed([
      { type: 'modified', key: `/things.${group}`, before: {}, after: {} } as never,
    ]);
  return { clock, asked, told, notices, waitFor, serve, notice };
}

describe('a kind that is waited for', () => {
  test('is found within 2 s though notices of its group never cease, faster than the server answers', async () => {
    const { clock, asked, told, waitFor, serve, notice } = world({ answerMs: 150 });
    waitFor(kindOf('Widget'));
    const tick = (): void => {
      notice();
      clock.setTimeout(tick, 50);
    };
    tick();
    await clock.advance(60_000);
    // And the server is not asked at each of them.
    expect(asked.length).toBeLessThanOrEqual(70);
    serve(kindOf('Widget'));
    await clock.advance(2000);
    expect(told).toEqual(['Widget']);
  });

  test('is found though the notice came between its denial and the wait, while others wait already', async () => {
    const { clock, told, waitFor, serve, notice } = world();
    waitFor(kindOf('Other', 'elsewhere.com'));
    await clock.advance(1000);
    notice();
    await clock.advance(500);
    waitFor(kindOf('Widget'));
    serve(kindOf('Widget'));
    await clock.advance(2000);
    expect(told).toEqual(['Widget']);
  });

  test('is asked for no oftener because of notices of long ago, or of other groups', async () => {
    const { clock, asked, waitFor, notice } = world();
    waitFor(kindOf('Other', 'elsewhere.com'));
    notice();
    await clock.advance(60_000);
    notice('third.com');
    waitFor(kindOf('Widget'));
    await clock.advance(60_000);
    expect(asked).toEqual([]);
  });

  test('is found within 30 s where nothing notices, also when it was served already as others were last asked for', async () => {
    const { clock, told, waitFor, serve } = world({ isBlind: true });
    waitFor(kindOf('Other', 'elsewhere.com'));
    await clock.advance(1000);
    serve(kindOf('Widget'));
    await clock.advance(60_000);
    // It was denied just before it came to be served, and that took its time.
    waitFor(kindOf('Widget'));
    await clock.advance(30_000);
    expect(told).toEqual(['Widget']);
  });
});
