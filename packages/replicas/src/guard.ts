import { loggable, type Logger, type Metrics } from '@depwatch/core';

/** A logger that never throws: what the caller's does must not change who owns what. */
export function guardLogger(logger: Logger): Logger {
  return {
    debug: quietly((fields, message) => logger.debug(loggable(fields), message)),
    info: quietly((fields, message) => logger.info(loggable(fields), message)),
    warn: quietly((fields, message) => logger.warn(loggable(fields), message)),
    error: quietly((fields, message) => logger.error(loggable(fields), message)),
  };
}

/** As {@link guardLogger}, for metrics. */
export function guardMetrics(metrics: Metrics): Metrics {
  return {
    count: quietly((name, labels, by) => metrics.count(name, labels, by)),
    gauge: quietly((name, value, labels, signal) => metrics.gauge(name, value, labels, signal)),
    observe: quietly((name, value, labels) => metrics.observe(name, value, labels)),
  };
}

/** There is nobody to tell of what it throws: this was the way to tell. */
function quietly<Args extends unknown[]>(
  call: (...args: Args) => unknown,
): (...args: Args) => void {
  return (...args) => {
    try {
      // Its type says void, which an async function fits too.
      Promise.resolve(call(...args)).catch(() => {});
    } catch {}
  };
}
