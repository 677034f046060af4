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

/** Metrics that never throw. They are told of each reconcile several times, so this makes no function and no array of a call. */
export function guardMetrics(metrics: Metrics): Metrics {
  return {
    count(name, labels, by) {
      try {
        quieten(metrics.count(name, labels, by));
      } catch {
        // As below.
      }
    },
    gauge: quietly((name, value, labels, signal) => metrics.gauge(name, value, labels, signal)),
    observe(name, value, labels) {
      try {
        quieten(metrics.observe(name, value, labels));
      } catch {
        // As below.
      }
    },
  };
}

/** Its type says void, which an async function fits too. */
function quieten(returned: unknown): void {
  if (returned instanceof Promise) returned.catch(() => {});
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
