import { loggable, type Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/**
 * A logger that never throws, and is given what is loggable: what the caller's logger does must not change what a watch
 * does, who owns what, nor what a framework on top of it does.
 */
export function guardLogger(logger: Logger): Logger {
  const guarded =
    (level: keyof Logger): Logger['info'] =>
    (fields, message) => {
      try {
        quieten(logger[level](loggable(fields), message));
      } catch {
        // There is nobody to tell: this was the way to tell.
      }
    };
  return {
    debug: guarded('debug'),
    info: guarded('info'),
    warn: guarded('warn'),
    error: guarded('error'),
  };
}

/**
 * Metrics that never throw. They are told of each reconcile several times, so this makes no function and no array of a call.
 *
 * @param over ends the reading of all gauges; undefined: each is ended by its own signal alone
 */
export function guardMetrics(metrics: Metrics, over?: AbortSignal): Metrics {
  return {
    count(name, labels, by) {
      try {
        quieten(metrics.count(name, labels, by));
      } catch {
        // As above.
      }
    },
    gauge(name, value, labels, signal) {
      try {
        quieten(metrics.gauge(name, value, labels, either(signal, over)));
      } catch {
        // As above.
      }
    },
    observe(name, value, labels) {
      try {
        quieten(metrics.observe(name, value, labels));
      } catch {
        // As above.
      }
    },
  };
}

function either(one: AbortSignal | undefined, other: AbortSignal | undefined) {
  return one && other ? AbortSignal.any([one, other]) : (one ?? other);
}

/**
 * Hears of the failure of what a callback returned. Its type says void, which an async function fits too; and its promise may be
 * another library's, or of another realm, as in tests that run in one.
 */
export function onRejected(returned: unknown, failed: (error: unknown) => void): void {
  if (typeof returned !== 'object' || returned === null) return;
  if (typeof (returned as Partial<PromiseLike<unknown>>).then !== 'function') return;
  Promise.resolve(returned).catch(failed);
}

function quieten(returned: unknown): void {
  onRejected(returned, () => {});
}
