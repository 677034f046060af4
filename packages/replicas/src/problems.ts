import { isDepwatchError, type Logger } from '@depwatch/core';

/** Tells of what fails once, not each two seconds, and of its end. */
export class Problems {
  readonly #logger: Logger;
  readonly #fields: object;
  readonly #met = new Map<string, string>();

  constructor(logger: Logger, fields: object) {
    this.#logger = logger;
    this.#fields = fields;
  }

  met(what: string, error: unknown): void {
    const kind = isDepwatchError(error) ? error.code : String(error);
    if (this.#met.get(what) === kind) return;
    this.#met.set(what, kind);
    this.#logger.warn({ ...this.#fields, error }, `could not ${what} the Lease; it is tried again`);
  }

  solved(what: string): void {
    if (this.#met.delete(what)) this.#logger.info(this.#fields, `could ${what} the Lease again`);
  }
}
