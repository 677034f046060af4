import { loggable, type Logger, type Metrics } from '@depwatch/core';

/**
 * A logger that never throws: what the caller's logger does must not change what a watch does, nor what a framework on top of
 * it does.
 */
export function guardLogger(logger: Logger): Logger {
  return {
    debug: quietly((fields, message) => logger.debug(loggable(fields), message)),
    info: quietly((fields, message) => logger.info(loggable(fields), message)),
    warn: quietly((fields, message) => logger.warn(loggable(fields), message)),
    error: quietly((fields, message) => logger.error(loggable(fields), message)),
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
        // As below.
      }
    },
    gauge: quietly((name, value, labels, signal) =>
      metrics.gauge(name, value, labels, either(signal, over)),
    ),
    observe(name, value, labels) {
      try {
        quieten(metrics.observe(name, value, labels));
      } catch {
        // As below.
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

function quietly<Args extends unknown[]>(call: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    try {
      quieten(call(...args));
    } catch {
      // There is nobody to tell: this was the way to tell.
    }
  };
}
