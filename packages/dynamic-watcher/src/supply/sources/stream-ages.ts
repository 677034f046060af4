import type { Logger } from '@depwatch/core';

/**
 * How old a stream can become on its way to the server, which is one fact for all: a proxy that cuts idle streams cuts
 * each of them.
 */
export class StreamAges {
  readonly #logger: Logger;
  /** The age at which streams are cut, in milliseconds; Infinity as long as nobody has found one. */
  cutAtMs = Infinity;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A watch has found that its streams are cut at this age. */
  cutAt(ageMs: number): void {
    if (ageMs >= this.cutAtMs) return;
    const isNews = this.cutAtMs === Infinity;
    this.cutAtMs = ageMs;
    if (!isNews) return;
    this.#logger.info(
      { ageMs: Math.round(ageMs) },
      'something between here and the API server cuts streams at this age; watches are asked for shorter from now on',
    );
  }
}
