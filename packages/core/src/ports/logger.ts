/**
 * Where depwatch says what it does. The shape is that of pino and bunyan, so such a logger can be passed as it is.
 * No call ever carries the content of a Kubernetes object.
 */
export interface Logger {
  /** What only somebody who looks into depwatch itself wants to know. */
  debug(fields: object, message: string): void;
  /** What changed without anybody having to do something, such as the end of an outage. */
  info(fields: object, message: string): void;
  /** What depwatch gets over by itself, but that should not last, such as an outage. */
  warn(fields: object, message: string): void;
  /** What stays wrong until somebody does something, such as a reconcile that threw or a watch refused for good. */
  error(fields: object, message: string): void;
}

const ignore = (): void => {};

/** The default logger: says nothing. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
