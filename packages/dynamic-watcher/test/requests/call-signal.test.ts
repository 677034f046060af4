import { expect, test } from 'vitest';
import { CallController } from '../../src/requests/call-signal.ts';

test('listeners are told of an abort once, in their order, and see why', () => {
  const call = new CallController();
  const told: unknown[] = [];
  call.addEventListener('abort', { handleEvent: () => told.push(['first', call.reason]) });
  call.addEventListener('abort', { handleEvent: () => call.abort('again') });
  call.addEventListener('abort', { handleEvent: () => told.push(['last', call.aborted]) });
  call.throwIfAborted();
  call.abort('why');
  call.abort('once more');
  call.addEventListener('abort', { handleEvent: () => told.push('too late') });
  expect(told).toEqual([
    ['first', 'why'],
    ['last', true],
  ]);
  expect(() => call.throwIfAborted()).toThrow('why');
});
