import type { Exchange } from '../http/exchange.ts';
import type { FaultyAnswer, Undo } from './faults.ts';
import type { RequestFilter } from '../http/request-log.ts';
import { isTrue, type RequestInfo } from '../http/request-info.ts';
import { StatusError } from '../http/status.ts';
import type { WatchSink } from '../watches/watch-hub.ts';

interface AnswerRule extends FaultyAnswer {
  left: number;
}

interface LineRule {
  readonly kind: 'truncate' | 'corrupt';
  readonly resource: string | undefined;
  /** Each watch meets a rule once. */
  readonly done: WeakSet<Exchange>;
}

/** How a request fails. */
export interface Refusal {
  readonly failure: StatusError;
  /** The HTTP status, where it is answered with a page in place of a Status. */
  readonly pageStatus?: number;
}

/** How a streaming list fails. */
export interface StreamingRefusal {
  readonly failure: StatusError;
  readonly how: 'status' | 'event' | 'silence';
}

/** The faults that are in force and lie between a request and its answer. */
export class FaultRules {
  readonly #answers = new Set<AnswerRule>();
  readonly #lines = new Set<LineRule>();
  readonly #hangs = new Set<{ readonly match: RequestFilter | undefined }>();
  readonly #droppedBookmarks = new Set<{ readonly resource: string | undefined }>();
  readonly #delays = new Set<{ readonly delayMs: number }>();
  readonly #splits = new Set<{ readonly size: number }>();
  readonly #streamingRefusals = new Set<StreamingRefusal>();
  readonly #holds = new Set<object>();
  readonly #whenReleased = new Set<() => void>();

  answer(rule: FaultyAnswer): Undo {
    return addTo(this.#answers, { ...rule, left: rule.times ?? Infinity });
  }

  refuseStreamingLists(status: number, how: StreamingRefusal['how']): Undo {
    return addTo(this.#streamingRefusals, { failure: faultStatus(status), how });
  }

  hang(match: RequestFilter | undefined): Undo {
    return addTo(this.#hangs, { match });
  }

  dropBookmarks(resource: string | undefined): Undo {
    return addTo(this.#droppedBookmarks, { resource });
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

  /** Whether a request gets no answer. */
  hangs(info: RequestInfo): boolean {
    return [...this.#hangs].some(({ match }) => matches(info, match));
  }

  /** The failure that a request meets, if any. */
  refusal(info: RequestInfo): Refusal | undefined {
    for (const rule of this.#answers) {
      if (rule.left <= 0 || !matches(info, rule.match)) continue;
      rule.left -= 1;
      const failure = faultStatus(rule.status, rule.retryAfterSeconds);
      return { failure, ...(rule.page && { pageStatus: rule.status }) };
    }
    return undefined;
  }

  /** What becomes of a streaming list, if it isn't served. */
  streamingRefusal({ verb, query }: RequestInfo): StreamingRefusal | undefined {
    if (verb !== 'watch' || !isTrue(query.get('sendInitialEvents'))) return undefined;
    const [refusal] = this.#streamingRefusals;
    return refusal;
  }

  /** Puts the faults in the way of a watch's lines. */
  wrap(sink: WatchSink, exchange: Exchange, resource: string): WatchSink {
    let queue: Promise<void> | undefined;
    const deliver = async (line: Buffer): Promise<void> => {
      const rule = this.#lineRule(exchange, resource);
      if (rule?.kind === 'truncate') {
        // What is written at once may be many lines.
        sink.write(line.subarray(0, (line.indexOf('\n') + 1) >> 1));
        sink.end();
        return;
      }
      for (const piece of this.#pieces(rule ? corrupt(line) : line)) {
        sink.write(piece);
        // Written in one turn they would share a frame.
        if (piece.length < line.length) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const inTurn = (work: () => void | Promise<void>): void => {
      const turn = Promise.all([queue, this.beforeAnswer()])
        .then(work)
        .finally(() => {
          if (queue === turn) queue = undefined;
        });
      queue = turn;
    };
    // As long as nothing is wrong, nothing is put off.
    const calm = (): boolean =>
      !queue && this.#holds.size + this.#delays.size + this.#lines.size + this.#splits.size === 0;
    return {
      write: (line) => {
        const left = this.#dropsBookmarks(resource) ? withoutBookmarks(line) : line;
        if (left.length === 0) return;
        if (calm()) sink.write(left);
        else inTurn(() => deliver(left));
      },
      end() {
        if (calm()) sink.end();
        else inTurn(() => sink.end());
      },
    };
  }

  #lineRule(exchange: Exchange, resource: string): LineRule | undefined {
    for (const rule of this.#lines) {
      if (rule.done.has(exchange)) continue;
      if (rule.resource !== undefined && rule.resource !== resource) continue;
      rule.done.add(exchange);
      return rule;
    }
    return undefined;
  }

  #dropsBookmarks(resource: string): boolean {
    for (const rule of this.#droppedBookmarks) {
      if (rule.resource === undefined || rule.resource === resource) return true;
    }
    return false;
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

/** What is written at once may be many lines. */
function withoutBookmarks(lines: Buffer): Buffer {
  const left = lines.toString().split(/(?<=\n)/);
  return Buffer.from(left.filter((line) => !line.startsWith('{"type":"BOOKMARK"')).join(''));
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
