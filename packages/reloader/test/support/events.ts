import type { Told, ToldDecision } from './told.ts';

const patienceMs = 20_000;

/** Gathers a reloader's events, and waits for those that a test is about. */
export class Events {
  readonly all: Told[] = [];
  #taken = 0;
  #arrived = Promise.withResolvers<void>();

  readonly add = (event: Told): void => {
    this.all.push(event);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  };

  /** The decisions so far. */
  get decisions(): readonly ToldDecision[] {
    return this.all.filter((event) => event.type === 'decision');
  }

  /** How often this was decided. */
  count(outcome: ToldDecision['outcome']): number {
    return this.decisions.filter((event) => event.outcome === outcome).length;
  }

  /** Waits until there was an event of a type, whatever comes before it. */
  async has(type: Told['type']): Promise<void> {
    const taken = this.#taken;
    this.#taken = 0;
    await this.take(type, (event): event is Told => event.type === type);
    this.#taken = taken;
  }

  /**
   * The next event of a kind, after the one taken last.
   *
   * @param what for the message of the error when it doesn't come
   */
  async take<Wanted extends Told>(
    what: string,
    isWanted: (event: Told) => event is Wanted,
  ): Promise<Wanted> {
    const deadline = AbortSignal.timeout(patienceMs);
    const late = Promise.withResolvers<never>();
    deadline.addEventListener('abort', () => {
      const seen = this.all.slice(this.#taken).map((event) => `\n  ${JSON.stringify(event)}`);
      late.reject(new Error(`waited for ${what} and saw:${seen.join('')}`));
    });
    for (;;) {
      const index = this.all.findIndex((event, at) => at >= this.#taken && isWanted(event));
      const found = this.all[index];
      if (found && isWanted(found)) {
        this.#taken = index + 1;
        late.promise.catch(() => {});
        return found;
      }
      await Promise.race([this.#arrived.promise, late.promise]);
    }
  }

  /** The next decision with one of these outcomes, about this workload where one is given. */
  decision(outcome: ToldDecision['outcome'], workload?: string): Promise<ToldDecision> {
    return this.take(
      `"${outcome}" of ${workload ?? 'a workload'}`,
      (event): event is ToldDecision =>
        event.type === 'decision' &&
        event.outcome === outcome &&
        (workload === undefined || event.workload.name === workload),
    );
  }

  /** The next failure whose message holds all of `parts`. */
  failure(...parts: string[]): Promise<Extract<Told, { message: string }>> {
    return this.take(
      `a failure with ${parts.join(', ')}`,
      (event): event is Extract<Told, { message: string }> =>
        (event.type === 'failed' || event.type === 'problem') &&
        parts.every((part) => event.message.includes(part)),
    );
  }
}
