import { join } from 'node:path';
import { expect, test } from 'vitest';

import { slowConsumerFigures } from '../../../tools/adapter-bench/slow-consumer.ts';

test.each([1_000, 20_000])(
  '%i changes to 10 watchers while their consumer sleeps: one event is held, each last change is seen',
  async (changes) => {
    const script = join(import.meta.dirname, 'slow-consumer.script.ts');
    const seen = await slowConsumerFigures(script, changes);
    expect(seen).toMatchObject({ written: changes, mostHeld: 1 });
    // One for each 100 ms that the changes took, and one more for each watcher at most.
    expect(seen.reconciles).toBeLessThanOrEqual(changes / 100 + 1 + 10);
    expect(Object.keys(seen.lastWritten)).toHaveLength(10);
    expect(seen.lastSeen).toEqual(seen.lastWritten);
  },
);
