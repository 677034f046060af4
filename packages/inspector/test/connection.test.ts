import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { listen, type Events } from '../page/connection.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Event sources as a browser has them, each in the state that is said. */
function sources() {
  const opened: (EventTarget & { readyState: number })[] = [];
  const open = (): Events => {
    const source = Object.assign(new EventTarget(), { readyState: 0 });
    opened.push(source);
    return source as unknown as Events;
  };
  return { opened, open };
}

test('what the browser gives up is asked for again, and heard like the first one', () => {
  const { opened, open } = sources();
  const heard: string[] = [];
  const note = ({ type }: Event): void => void heard.push(type);
  listen(open, { error: note, update: note });
  for (let times = 1; times <= 3; times += 1) {
    const source = opened.at(-1)!;
    // A proxy says that nobody is there.
    source.readyState = 2;
    source.dispatchEvent(new Event('error'));
    expect(opened).toHaveLength(times);
    vi.advanceTimersByTime(5000);
    expect(opened).toHaveLength(times + 1);
  }
  opened.at(-1)!.dispatchEvent(new Event('update'));
  expect(heard).toEqual(['error', 'error', 'error', 'update']);
});

test('what the browser asks for again itself is left to it', () => {
  const { opened, open } = sources();
  listen(open, {});
  opened[0]!.dispatchEvent(new Event('error'));
  vi.advanceTimersByTime(60_000);
  expect(opened).toHaveLength(1);
});
