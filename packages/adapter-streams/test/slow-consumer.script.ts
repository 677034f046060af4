/** A slow `for await` loop: see tools/adapter-bench/slow-consumer.ts. */
import { measureSlowConsumer } from '../../../tools/adapter-bench/slow-consumer.ts';
import { ReconcileReadable } from '../src/index.ts';

const readable = new ReconcileReadable();
await measureSlowConsumer(readable, async (work) => {
  for await (const { watcher } of readable) await work(watcher);
});
