import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { DepwatchError } from '@depwatch/core';

import type { CaseDefinition } from '../case-definition.ts';
import { tell } from '../lab/expectations.ts';
import { configMapKind, type Lab } from '../lab/lab.ts';

/** Ends a watch by its signal, and checks what its pending `next()` says. */
async function abortWatch(lab: Lab, reason?: unknown): Promise<DepwatchError> {
  const controller = new AbortController();
  const { signal } = controller;
  const { resourceVersion } = await lab.list(lab.configMaps());
  const watch = await lab.openWatch(lab.configMaps(), { resourceVersion, signal });
  const failure = lab.begin(watch.failure('ERR_ABORTED', 'ERR_NOT_STARTED'));
  controller.abort(reason);
  return failure;
}

/** What a transport must do when calls end: by the server, by the reader, by a signal. */
export const endingCases: readonly CaseDefinition[] = [
  {
    name: 'end: timeoutMs ends a watch cleanly, after what happened before',
    async run(lab) {
      const { resourceVersion } = await lab.list(lab.configMaps());
      const watch = lab.watch(lab.configMaps(), { resourceVersion, timeoutMs: 1000 });
      await watch.accepted();
      await lab.put('a');
      assert.deepEqual(tell(await watch.changes(1)), ['ADDED a']);
      const end = lab.begin(watch.end());
      await lab.harness.passTime?.(1000);
      await end;
      const { metadata } = await lab.put('b');
      const list = await lab.list(lab.configMaps(), {
        resourceVersion: metadata!.resourceVersion!,
      });
      assert.equal(list.items.length, 2);
    },
  },
  {
    name: 'end: return() ends a pending next(), and the watch stays ended',
    async run(lab) {
      const watch = await lab.watchFromNow(lab.configMaps());
      const pending = lab.begin(watch.done());
      await lab.within(Promise.resolve(watch.iterator.return?.()), 'return()');
      await pending;
      await watch.done();
      await lab.within(Promise.resolve(watch.iterator.return?.()), 'a second return()');
      await watch.done();
    },
  },
  {
    name: 'end: return() ends a next() that waits for the server’s answer',
    async run(lab) {
      const watch = lab.watch(lab.configMaps());
      const pending = lab.begin(lab.within(watch.iterator.next(), 'the pending next()'));
      await lab.within(Promise.resolve(watch.iterator.return?.()), 'return()');
      const { done, value } = await pending;
      // The answer may have come first; then it is the first burst.
      assert.ok(done ? value === undefined : Array.isArray(value));
      await watch.done();
    },
  },
  {
    name: 'end: return() before the first next() ends the watch, too',
    async run(lab) {
      const watch = lab.watch(lab.configMaps());
      await lab.within(Promise.resolve(watch.iterator.return?.()), 'return()');
      await watch.done();
    },
  },
  {
    name: 'end: a for-await loop can be left',
    async run(lab) {
      await lab.put('a');
      const loop = async () => {
        for await (const burst of lab.transport.watch(lab.configMaps(), {})) {
          if (burst.length > 0) return burst[0]!;
        }
        return assert.fail('the watch ended');
      };
      assert.deepEqual(tell([await lab.within(loop(), 'the end of the loop')]), ['ADDED a']);
    },
  },
  {
    name: 'end: a signal ends a pending next() with ERR_ABORTED, and the watch stays ended',
    async run(lab) {
      const error = await abortWatch(lab);
      assert.equal(error.code, 'ERR_ABORTED');
      assert.equal(error.retryable, false);
    },
  },
  {
    name: 'end: a signal’s reason that is a DepwatchError is what is thrown',
    async run(lab) {
      const reason = new DepwatchError('ERR_NOT_STARTED', 'stopped meanwhile');
      assert.equal(await abortWatch(lab, reason), reason);
      const signal = AbortSignal.abort(reason);
      const call = () => lab.transport.list(lab.configMaps(), { signal });
      assert.equal(await lab.rejection(call, 'ERR_NOT_STARTED'), reason);
    },
  },
  {
    name: 'end: an abort between two next() is told by the second',
    async run(lab) {
      const controller = new AbortController();
      const { signal } = controller;
      const watch = await lab.openWatch(lab.configMaps(), { signal });
      controller.abort();
      await watch.failure('ERR_ABORTED');
    },
  },
  {
    name: 'end: a signal aborted before the call ends it with ERR_ABORTED',
    async run(lab) {
      const signal = AbortSignal.abort();
      const { transport } = lab;
      await lab.rejection(() => transport.discover(configMapKind, { signal }), 'ERR_ABORTED');
      await lab.rejection(() => transport.list(lab.configMaps(), { signal }), 'ERR_ABORTED');
      await lab.watch(lab.configMaps(), { signal }).failure('ERR_ABORTED');
    },
  },
  {
    name: 'end: a signal ends a list and a discovery under way with ERR_ABORTED',
    async run(lab) {
      for (const call of [
        (signal: AbortSignal) => lab.transport.list(lab.configMaps(), { signal }),
        (signal: AbortSignal) =>
          // A kind that nobody asked for before, in case answers are remembered.
          lab.transport.discover({ group: 'batch', version: 'v1', kind: 'CronJob' }, { signal }),
      ]) {
        const controller = new AbortController();
        const rejection = lab.begin(lab.rejection(() => call(controller.signal), 'ERR_ABORTED'));
        controller.abort();
        await rejection;
      }
    },
  },
  {
    name: 'end: a signal ends its own call and no other',
    async run(lab) {
      const controller = new AbortController();
      const { signal } = controller;
      const aborted = await lab.openWatch(lab.configMaps(), { signal });
      const other = await lab.watchFromNow(lab.configMaps());
      const failure = lab.begin(aborted.failure('ERR_ABORTED'));
      const lists = Promise.allSettled([
        lab.transport.list(lab.configMaps(), { signal }),
        lab.list(lab.configMaps()),
      ]);
      controller.abort();
      await failure;
      const [first, second] = await lists;
      assert.deepEqual([first.status, second.status], ['rejected', 'fulfilled']);
      await lab.put('a');
      assert.deepEqual(tell(await other.changes(1)), ['ADDED a']);
    },
  },
  {
    name: 'end: an abort after the end does nothing, and no listener stays on the signal',
    async run(lab) {
      const controller = new AbortController();
      const { signal } = controller;
      await lab.transport.discover(configMapKind, { signal });
      await lab.transport.list(lab.configMaps(), { signal });
      const watch = await lab.openWatch(lab.configMaps(), { signal });
      await watch.return();
      await watch.done();
      // Closing a connection may take a few turns.
      for (let turn = 0; turn < 100 && getEventListeners(signal, 'abort').length > 0; turn += 1) {
        await nextTurn();
      }
      assert.equal(getEventListeners(signal, 'abort').length, 0);
      controller.abort();
      await watch.done();
    },
  },
  {
    name: 'end: after a clean end, a watch goes on from the last version',
    requires: ['closeWatches'],
    exclusive: true,
    async run(lab) {
      const watch = await lab.watchFromNow(lab.configMaps());
      await lab.put('a');
      const [event] = await watch.changes(1);
      const end = lab.begin(watch.end());
      await lab.harness.closeWatches!();
      await end;
      await lab.put('b');
      const resourceVersion = event!.object.metadata!.resourceVersion!;
      const again = await lab.openWatch(lab.configMaps(), { resourceVersion });
      assert.deepEqual(tell(await again.changes(1)), ['ADDED b']);
    },
  },
  {
    name: 'end: a dropped connection is ERR_TRANSPORT, retryable, without a status',
    requires: ['breakWatches'],
    exclusive: true,
    async run(lab) {
      const watch = await lab.watchFromNow(lab.configMaps());
      await lab.put('a');
      const [event] = await watch.changes(1);
      const failure = lab.begin(watch.failure('ERR_TRANSPORT'));
      await lab.harness.breakWatches!();
      const error = await failure;
      assert.equal(error.retryable, true);
      assert.equal(error.status, undefined);
      await lab.put('b');
      const resourceVersion = event!.object.metadata!.resourceVersion!;
      const again = await lab.openWatch(lab.configMaps(), { resourceVersion });
      assert.deepEqual(tell(await again.changes(1)), ['ADDED b']);
    },
  },
  {
    name: 'end: close() ends watches, and later calls fail',
    requires: ['closable'],
    async run(lab) {
      const transport = await lab.harness.closable!();
      const watch = lab.watch(lab.configMaps(), {}, transport);
      await watch.accepted();
      const failure = lab.begin(watch.failure('ERR_TRANSPORT', 'ERR_ABORTED'));
      assert.ok(transport.close, 'the harness promises a transport with close()');
      await lab.within(transport.close(), 'close()');
      await failure;
      const call = () => transport.list(lab.configMaps(), {});
      const error = await lab.rejection(call, 'ERR_TRANSPORT', 'ERR_ABORTED');
      assert.equal(error.retryable, false);
      await lab.within(transport.close(), 'a second close()');
    },
  },
];
