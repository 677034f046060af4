/** Runs at most `limit` tasks at once; the others wait in the order in which they came. */
export function createConcurrencyLimit(limit: number): <R>(task: () => Promise<R>) => Promise<R> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      // The place is handed on, so that nobody who comes now slips in between.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
