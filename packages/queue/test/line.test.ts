import { expect, test } from 'vitest';

import { Line } from '../src/line.ts';

const member = (name: number) => ({ name, queued: false });

test('a line gives its members in the order in which they came, whoever leaves from the middle', () => {
  const line = new Line<ReturnType<typeof member>>();
  const members = Array.from({ length: 1000 }, (_, name) => member(name));
  for (const each of members) line.push(each);
  for (const each of members) if (each.name % 3 === 0) line.remove(each);
  const stay = members.filter(({ queued }) => queued);
  expect(line.length).toBe(stay.length);
  for (const expected of stay) expect(line.shift()).toBe(expected);
  expect([line.length, line.shift()]).toEqual([0, undefined]);
});

test('a line that members join and leave a million times costs no more than those who stand in it', () => {
  const line = new Line<ReturnType<typeof member>>();
  const first = member(-1);
  line.push(first);
  for (let name = 0; name < 1_000_000; name++) {
    const each = member(name);
    line.push(each);
    line.remove(each);
  }
  expect([line.length, line.shift(), line.shift()]).toEqual([1, first, undefined]);
});
