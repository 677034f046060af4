import { expect, test } from 'vitest';
import { Fifo } from '../src/requests/fifo.ts';

test('what came first goes first, also when it is emptied and filled again', () => {
  const fifo = new Fifo<string>();
  expect(fifo.shift()).toBeUndefined();
  for (const member of ['a', 'b', 'c']) fifo.push(member);
  expect(fifo.shift()).toBe('a');
  fifo.push('d');
  fifo.delete('b');
  expect([...fifo]).toEqual(['c', 'd']);
  expect([fifo.shift(), fifo.shift(), fifo.shift()]).toEqual(['c', 'd', undefined]);
  fifo.push('e');
  expect(fifo.shift()).toBe('e');
  fifo.push('f');
  fifo.clear();
  expect(fifo.shift()).toBeUndefined();
  fifo.push('g');
  expect(fifo.shift()).toBe('g');
});
