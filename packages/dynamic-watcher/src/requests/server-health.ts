import { backOffMs, DepwatchError, type Clock, type Logger } from '@depwatch/core';
import { asTransportError } from './as-transport-error.ts';
import { serverTrouble } from './trouble.ts';

/**
 * Between two probes of a server that is down. A restart takes some 4 s, and everybody waits for the probe that finds its
 * end, so for a while the longest wait is 2 s: with 5 s from the start, 2,000 watches were live 1.2 s later.
 */
const backOff = { baseMs: 400, maxMs: 2000 };
const restartMs = 15_000;
const longBackOff = { baseMs: 400, maxMs: 5000 };
/** Without a stream for so long, a server may have been away and come back as another one, unseen. */
const blindMs = 1000;

/**
 * What is believed of the server.
 *
 * - `up`: it is there
 * - `doubted`: a request went unanswered, so the server is asked; meanwhile requests go out
 * - `suspect`: a connection could not be made, or died, so the server is asked; meanwhile requests wait
 * - `down`: it was asked, and did not answer; it is asked again and again
 */
export type ServerState =
  | { readonly name: 'up' | 'doubted' | 'suspect' }
  | {
      readonly name: 'down';
      readonly since: number;
      readonly failures: number;
      /** What the last probe failed with. */
      readonly error: DepwatchError;
    };

/** What {@link ServerHealth} works on. */
export interface ServerHealthOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asks the server something that costs it nothing; rejects when there is no answer. */
  probe(signal: AbortSignal): Promise<unknown>;
  /** How long a probe may go without an answer, in milliseconds. */
  readonly probeTimeoutMs: number;
  /** Requests have to wait from now on. */
  shut(): void;
  /** Requests may go out again. */
  opened(): void;
  /** The server is back after it was down, or after a time in which nobody was connected to it: it may be an older one. */
  returned(): void;
}

const up: ServerState = { name: 'up' };

/**
 * Whether the API server can be reached: one fact for all who send requests. It is never concluded from what one request
 * met, but by a probe of its own; and anything at all that comes from the server proves that it is there.
 */
export class ServerHealth {
  readonly #options: ServerHealthOptions;
  #state = up;
  /** The probe under way. */
  #call: AbortController | undefined;
  /** While it is asked, for the end of that; while it is down, until it is asked again. */
  #timer: Disposable | undefined;
  /** How many streams are open. */
  #streams = 0;
  /** When the last of them ended. */
  #streamlessSince: number | undefined;
  #wasBlind = false;

  constructor(options: ServerHealthOptions) {
    this.#options = options;
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Whether requests may go out. */
  get isOpen(): boolean {
    return this.#state.name === 'up' || this.#state.name === 'doubted';
  }

  /** Why requests wait; undefined unless the server is down. */
  get outage(): DepwatchError | undefined {
    return this.#state.name === 'down' ? this.#state.error : undefined;
  }

  /** Something came from the server. */
  heard(): void {
    if (this.#state !== up) this.#open();
  }

  /**
   * A stream was accepted.
   *
   * @param resumed whether it goes on from what was seen before
   */
  connected(resumed: boolean): void {
    this.#streams += 1;
    const since = this.#streamlessSince;
    this.#streamlessSince = undefined;
    if (since !== undefined && this.#options.clock.now() - since >= blindMs) this.#wasBlind = true;
    if (!resumed || !this.#wasBlind) return;
    this.#wasBlind = false;
    this.#options.returned();
  }

  /** A stream that had been accepted is over. */
  disconnected(): void {
    this.#streams -= 1;
    if (this.#streams === 0) this.#streamlessSince = this.#options.clock.now();
  }

  /** A request went unanswered: its own trouble, most likely. */
  doubt(): void {
    if (this.#state !== up) return;
    this.#state = { name: 'doubted' };
    this.#ask();
  }

  /** A connection could not be made, or died: before all who lost theirs come back, the server is asked once. */
  suspect(): void {
    if (!this.isOpen) return;
    this.#state = { name: 'suspect' };
    this.#options.shut();
    if (!this.#call) this.#ask();
  }

  /** Ends the probe and its timer. */
  close(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#call?.abort(unwanted);
    this.#call = undefined;
  }

  #ask(): void {
    const { probe, probeTimeoutMs, clock } = this.#options;
    const call = new AbortController();
    this.#call = call;
    this.#timer = clock.setTimeout(() => {
      const error = new DepwatchError('ERR_TRANSPORT', `no answer within ${probeTimeoutMs} ms`, {
        retryable: true,
        reason: 'timeout',
      });
      this.#unanswered(error);
      call.abort(unwanted);
    }, probeTimeoutMs);
    probe(call.signal).then(
      () => this.#call === call && this.#open(),
      (cause: unknown) => this.#call === call && this.#unanswered(cause),
    );
  }

  #unanswered(cause: unknown): void {
    this.#call = undefined;
    this.#timer?.[Symbol.dispose]();
    const error = asTransportError(cause, () => 'the probe failed');
    if (isAnswer(error)) return this.#open();
    const { clock, logger, shut } = this.#options;
    const before = this.#state;
    const failures = before.name === 'down' ? before.failures : 0;
    const since = before.name === 'down' ? before.since : clock.now();
    this.#state = { name: 'down', since, failures: failures + 1, error };
    if (before.name !== 'down') {
      logger.warn({ error }, `${serverTrouble(error)}; its watches wait until it answers`);
    }
    if (before.name === 'doubted') shut();
    const spacing = clock.now() - since < restartMs ? backOff : longBackOff;
    this.#timer = clock.setTimeout(() => this.#ask(), backOffMs(failures, spacing, clock.random()));
  }

  #open(): void {
    const before = this.#state;
    this.#state = up;
    this.close();
    if (before.name === 'down') {
      const outageMs = Math.round(this.#options.clock.now() - before.since);
      this.#options.logger.info({ outageMs }, 'the API server answers again');
    }
    if (before.name !== 'doubted') this.#options.opened();
    if (before.name !== 'down') return;
    // What is open by now was so before; who comes back now needn't be a reason to ask once more.
    this.#wasBlind = false;
    if (this.#streamlessSince !== undefined) this.#streamlessSince = this.#options.clock.now();
    this.#options.returned();
  }
}

/** Whether a probe that failed shows that the server is there all the same, or could not be sent for reasons of ours. */
function isAnswer({ code, status, reason }: DepwatchError): boolean {
  if (code !== 'ERR_TRANSPORT') return true;
  if (status?.code !== undefined) return status.code < 500;
  return reason === 'credentials' || reason === 'protocol';
}

/** Why a probe is ended; nobody sees it. */
const unwanted = new DepwatchError('ERR_ABORTED', 'the probe is no longer wanted');
