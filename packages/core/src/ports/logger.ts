/**
 * Where depwatch says what it does. The shape is that of pino and bunyan, so such a logger can be passed as it is.
 * No call ever carries the content of a Kubernetes object.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const ignore = (): void => {};

/** The default logger: says nothing. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
