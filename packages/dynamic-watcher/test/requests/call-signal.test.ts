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

test('who listens no longer is not told of it, and those are who still do', () => {
  const call = new CallController();
  const told: string[] = [];
  const first = { handleEvent: () => told.push('first') };
  const second = { handleEvent: () => told.push('second') };
  call.addEventListener('abort', first);
  call.removeEventListener('abort', second);
  call.addEventListener('abort', second);
  call.removeEventListener('abort', first);
  call.abort('why');
  expect(told).toEqual(['second']);
});
