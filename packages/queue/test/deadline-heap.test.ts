import { expect, it } from 'vitest';

import { createVirtualClock } from '@depwatch/testing';

import { seeds } from '../../../tools/random-tests.ts';
import { DeadlineHeap, type Deadline } from '../src/deadline-heap.ts';

it('keeps its members in order, whatever is added, moved and removed', () => {
  for (const seed of seeds(50)) {
    const { random } = createVirtualClock({ seed });
    const heap = new DeadlineHeap<Deadline>();
    let members: Deadline[] = [];
    for (let order = 0; order < 400; order++) {
      const deadlineMs = Math.floor(random() * 200);
      const some = members[Math.floor(random() * members.length)];
      if (!some || random() < 0.5) {
        const member: Deadline = { deadlineMs, order, heapIndex: -1 };
        heap.add(member);
        members.push(member);
      } else if (random() < 0.3) {
        some.deadlineMs = Math.min(some.deadlineMs, deadlineMs);
        heap.moved(some);
      } else {
        heap.remove(some);
        expect(some.heapIndex).toBe(-1);
        members = members.filter((member) => member !== some);
      }
    }
    const taken: Deadline[] = [];
    for (let first = heap.first(); first; first = heap.first()) {
      heap.remove(first);
      taken.push(first);
    }
    members.sort((a, b) => a.deadlineMs - b.deadlineMs || a.order - b.order);
    expect(taken, `seed ${seed}`).toEqual(members);
    expect(heap.size).toBe(0);
  }
});

it('is empty once cleared, and gives back what it held', () => {
  const heap = new DeadlineHeap<Deadline>();
  const members = [3, 1, 2].map((deadlineMs) => ({ deadlineMs, order: 0, heapIndex: -1 }));
  for (const member of members) heap.add(member);
  expect(new Set(heap.clear())).toEqual(new Set(members));
  expect(members.every(({ heapIndex }) => heapIndex === -1)).toBe(true);
  expect([heap.size, heap.first()]).toEqual([0, undefined]);
});
