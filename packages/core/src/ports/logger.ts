/**
 * Where depwatch says what it does. The shape is that of pino and bunyan, so such a logger can be passed as it is.
 * No call ever carries the content of a Kubernetes object. What failed is in the field `error`, a DepwatchError; what code
 * of yours threw is in `err`, which pino and bunyan write with message and stack.
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

/**
 * Fields as they are given to a logger. An error that isn't depwatch's goes from `error` to `err`, which pino and bunyan write
 * with message and stack: as JSON, which they make of every other field, it would say nothing at all.
 *
 * @returns `fields` itself where there is no such error
 */
export function loggable(fields: object): object {
  if (!('error' in fields)) return fields;
  const { error, ...others } = fields;
  return error instanceof Error && !('toJSON' in error) ? { ...others, err: error } : fields;
}
