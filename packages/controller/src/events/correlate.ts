/** How many events of an object may be written at once, and how soon one more may be; as client-go's correlator has it. */
const burst = 25;
const refillMs = 5 * 60_000;
/** Events that are the same within this time are one, with a count. */
const seriesMs = 6 * 60_000;
/** So many events, and objects, are remembered; the oldest are forgotten. */
const mostRemembered = 4096;

/** What makes two events the same. */
export interface EventSubject {
  /** The uid of the object that it is about. */
  readonly uid: string;
  readonly type: string;
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** What is to be written of an event: a new one (`count` 1), or a higher count of one that is there. */
export interface EventStep {
  /** What it is called on the server. */
  readonly name: string;
  readonly count: number;
}

interface Told {
  readonly name: string;
  count: number;
  lastMs: number;
}

interface Bucket {
  readonly tokens: number;
  /** When the tokens were counted. */
  readonly atMs: number;
}

/** Decides what becomes of events: repeats are counted in one, and an object can't flood the server. It writes nothing itself. */
export class EventCorrelator {
  readonly #told = new Map<string, Told>();
  readonly #buckets = new Map<string, Bucket>();

  /** @param newName what a new event would be called @returns undefined where nothing is to be written for now */
  next(subject: EventSubject, nowMs: number, newName: string): EventStep | undefined {
    const { uid, type, reason, action, note } = subject;
    const key = JSON.stringify([uid, type, reason, action, note]);
    const known = this.#told.get(key);
    const isRepeat = known !== undefined && nowMs - known.lastMs <= seriesMs;
    if (isRepeat) {
      known.count += 1;
      known.lastMs = nowMs;
      // A count that keeps growing is told ever less often.
      if (!isPowerOfTwo(known.count)) return undefined;
    }
    if (!this.#take(uid, nowMs)) return undefined;
    if (isRepeat) return { name: known.name, count: known.count };
    remember(this.#told, key, { name: newName, count: 1, lastMs: nowMs });
    return { name: newName, count: 1 };
  }

  #take(uid: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(uid) ?? { tokens: burst, atMs: nowMs };
    const refilled = Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) / refillMs);
    const isAllowed = refilled >= 1;
    remember(this.#buckets, uid, { tokens: isAllowed ? refilled - 1 : refilled, atMs: nowMs });
    return isAllowed;
  }
}

/** Sets it as the newest, and forgets the oldest where there are too many. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > mostRemembered) map.delete(oldest!);
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
