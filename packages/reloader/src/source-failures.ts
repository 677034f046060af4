/** Tells of failures to list workloads: each once, and that the API server can't be reached once for all kinds. */
export class SourceFailures {
  readonly #tell: (message: string) => void;
  readonly #told = new Map<string, string>();
  #unreachable = false;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  /** A source could not be listed. */
  add(source: string, error: unknown): void {
    const message = messageOf(error);
    if (isUnreachable(error)) {
      if (this.#unreachable) return;
      this.#unreachable = true;
    } else {
      if (this.#told.get(source) === message) return;
      this.#told.set(source, message);
    }
    this.#tell(message);
  }

  /** A source was listed. */
  over(source: string): void {
    this.#unreachable = false;
    this.#told.delete(source);
  }
}

/** What an error says for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** No answer at all: a RequestError without a status, or a DepwatchError that may be tried again without one. */
function isUnreachable(error: unknown): boolean {
  const { name, retryable, status } = (error ?? {}) as Record<string, unknown>;
  return status === undefined && (name === 'RequestError' || retryable === true);
}
