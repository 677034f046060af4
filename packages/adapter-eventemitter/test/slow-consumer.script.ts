/** A slow listener: see tools/adapter-bench/slow-consumer.ts. */
import { measureSlowConsumer } from '../../../tools/adapter-bench/slow-consumer.ts';
import { ReconcileEmitter } from '../src/index.ts';

const events = new ReconcileEmitter();
await measureSlowConsumer(events, (work) => {
  events.on('reconcile', ({ watcher }) => work(watcher));
});
