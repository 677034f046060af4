// Run by leaks.test.ts in a process of its own, with --expose-gc: prints the heap after some cycles and after many.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Churn } from './churn.ts';

async function heapUsed(): Promise<number> {
  for (let round = 0; round < 5; round += 1) {
    await nextTurn();
    (globalThis as { gc?: () => void }).gc!();
  }
  return process.memoryUsage().heapUsed;
}

const churn = new Churn();
await churn.watcher.start();
await churn.run(0, 1_000);
const after1000 = await heapUsed();
await churn.run(1_000, 10_000);
const after10000 = await heapUsed();
console.log(JSON.stringify({ after1000, after10000, held: churn.held() }));
await churn[Symbol.asyncDispose]();
