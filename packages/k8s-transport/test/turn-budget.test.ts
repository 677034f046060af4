import { expect, it } from 'vitest';

import { TurnBudget } from '../src/answers/turn-budget.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const much = 512 * 1024;

it('allows so much in one turn, and the same in the next', async () => {
  const turns = new TurnBudget();
  expect(turns.spend(much - 1)).toBe(true);
  expect(turns.spend(much)).toBe(true);
  expect(turns.spend(1)).toBe(false);
  await turn();
  expect(turns.spend(much)).toBe(true);
});

it('lets those who wait go on in turns, in their order, and each once', async () => {
  const turns = new TurnBudget();
  const ran: string[] = [];
  const work = (name: string) => {
    const one = {
      go: () => {
        if (turns.spend(much)) ran.push(name);
        else turns.later(one);
      },
    };
    return one;
  };
  const [a, b, c] = [work('a'), work('b'), work('c')];
  turns.spend(much);
  for (const one of [a, b, b, c]) turns.later(one);
  turns.cancel(c);
  expect(ran).toEqual([]);
  await turn();
  expect(ran).toEqual(['a']);
  await turn();
  await turn();
  expect(ran).toEqual(['a', 'b']);
});
