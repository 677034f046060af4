/** How much the heap grows, in bytes, by the second `<reconciles>` of them: `node --expose-gc … many-items.process.ts <reconciles>`. */
import { reconcileEach, ReconcileObservable } from '../src/index.ts';
import { pair } from './bench.ts';

const observable = new ReconcileObservable();
observable.pipe(reconcileEach(async () => {})).subscribe();
observable.subscribe();
const [watcher] = pair('app');

async function reconcile(times: number): Promise<void> {
  for (let time = 0; time < times; time++)
    await observable.reconcile(watcher, {
      causes: [],
      attempt: 1,
      signal: new AbortController().signal,
    });
}

/** What is used once all that can be collected was, finalizers included. */
async function heapUsed(): Promise<number> {
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc!();
    await new Promise(setImmediate);
  }
  return process.memoryUsage().heapUsed;
}

// The first time tables grow, too, which V8 does not shrink again.
const times = Number(process.argv[2]);
await reconcile(times);
const before = await heapUsed();
await reconcile(times);
process.stdout.write(`${(await heapUsed()) - before}`);
