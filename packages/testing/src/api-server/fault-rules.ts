import type { Exchange } from './exchange.ts';
import type { FaultyAnswer, Undo } from './faults.ts';
import type { RequestFilter } from './request-log.ts';
import { isTrue, type RequestInfo } from './request-info.ts';
import { StatusError } from './status.ts';
import type { WatchSink } from './watch-hub.ts';

interface AnswerRule extends FaultyAnswer {
  left: number;
}

interface LineRule {
  readonly kind: 'truncate' | 'corrupt';
  readonly resource: string | undefined;
  /** Each watch meets a rule once. */
  readonly done: WeakSet<Exchange>;
}

/** The faults that are in force and lie between a request and its answer. */
export class FaultRules {
  readonly #answers = new Set<AnswerRule>();
  readonly #lines = new Set<LineRule>();
  readonly #delays = new Set<{ readonly delayMs: number }>();
  readonly #splits = new Set<{ readonly size: number }>();
  readonly #streamingRefusals = new Set<{ readonly status: number }>();
  readonly #holds = new Set<object>();
  readonly #whenReleased = new Set<() => void>();

  answer(rule: FaultyAnswer): Undo {
    return addTo(this.#answers, { ...rule, left: rule.times ?? Infinity });
  }

  refuseStreamingLists(status: number): Undo {
    return addTo(this.#streamingRefusals, { status });
  }

  delay(delayMs: number): Undo {
    return addTo(this.#delays, { delayMs });
  }

  line(kind: LineRule['kind'], resource: string | undefined): Undo {
    return addTo(this.#lines, { kind, resource, done: new WeakSet() });
  }

  split(size: number): Undo {
    return addTo(this.#splits, { size });
  }

  /** Nothing is sent until undone. */
  hold(): Undo {
    const undo = addTo(this.#holds, {});
    return () => {
      undo();
      if (this.#holds.size > 0) return;
      for (const release of [...this.#whenReleased]) release();
      this.#whenReleased.clear();
    };
  }

  /** Resolves when nothing holds answers back. */
  async beforeAnswer(): Promise<void> {
    while (this.#holds.size > 0) {
      await new Promise<void>((resolve) => this.#whenReleased.add(resolve));
    }
    const delayMs = this.#delayMs();
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
  }

  /** The failure that a request meets, if any. */
  refusal(info: RequestInfo): StatusError | undefined {
    for (const rule of this.#answers) {
      if (rule.left <= 0 || !matches(info, rule.match)) continue;
      rule.left -= 1;
      return faultStatus(rule.status, rule.retryAfterSeconds);
    }
    if (info.verb !== 'watch' || !isTrue(info.query.get('sendInitialEvents'))) return undefined;
    for (const { status } of this.#streamingRefusals) return faultStatus(status);
    return undefined;
  }

  /** Puts the faults in the way of a watch's lines. */
  wrap(sink: WatchSink, exchange: Exchange, resource: string): WatchSink {
    let queue: Promise<void> | undefined;
    const deliver = (line: Buffer): void => {
      const rule = [...this.#lines].find(
        (candidate) =>
          !candidate.done.has(exchange) &&
          (candidate.resource === undefined || candidate.resource === resource),
      );
      rule?.done.add(exchange);
      if (rule?.kind === 'truncate') {
        sink.write(line.subarray(0, line.length >> 1));
        sink.end();
        return;
      }
      for (const piece of this.#pieces(rule ? corrupt(line) : line)) sink.write(piece);
    };
    // As long as nothing is wrong, nothing is put off.
    const inTurn = (work: () => void): void => {
      if (!queue && this.#holds.size === 0 && this.#delayMs() === 0) {
        work();
        return;
      }
      const turn = Promise.all([queue, this.beforeAnswer()]).then(() => {
        work();
        if (queue === turn) queue = undefined;
      });
      queue = turn;
    };
    return {
      write: (line) => inTurn(() => deliver(line)),
      end: () => inTurn(() => sink.end()),
    };
  }

  #delayMs(): number {
    return [...this.#delays].reduce((sum, { delayMs }) => sum + delayMs, 0);
  }

  *#pieces(line: Buffer): Iterable<Buffer> {
    const size = Math.min(Infinity, ...[...this.#splits].map((split) => split.size));
    if (size >= line.length) {
      yield line;
      return;
    }
    for (let start = 0; start < line.length; start += size) {
      yield line.subarray(start, start + size);
    }
  }
}

/** Whether a request is one of those meant. */
export function matches(info: RequestInfo, { verb, resource }: RequestFilter = {}): boolean {
  return (
    (verb === undefined || verb === info.verb) &&
    (resource === undefined || resource === info.resource)
  );
}

function addTo<T>(set: Set<T>, element: T): Undo {
  set.add(element);
  return () => void set.delete(element);
}

/** The same length, but no JSON: the first brace is gone. */
function corrupt(line: Buffer): Buffer {
  const copy = Buffer.from(line);
  copy[0] = 0x23;
  return copy;
}

const reasons = new Map([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [409, 'Conflict'],
  [410, 'Expired'],
  [415, 'UnsupportedMediaType'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
]);

function faultStatus(status: number, retryAfterSeconds?: number): StatusError {
  const reason = reasons.get(status) ?? 'Unknown';
  return new StatusError(status, reason, `a fault was asked for: ${reason}`, {
    ...(retryAfterSeconds !== undefined && { details: { retryAfterSeconds } }),
  });
}
