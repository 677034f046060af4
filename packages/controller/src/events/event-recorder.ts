import {
  formatGroupVersion,
  isDepwatchError,
  type Cached,
  type Clock,
  type KubernetesObject,
  type Logger,
  type ObjectClient,
} from '@depwatch/core';
import type { EventOptions } from '../context.ts';
import { EventCorrelator } from './correlate.ts';

/** So many events wait to be written; more are left out. */
const mostWaiting = 1000;
/** In bytes, as the server counts. */
const longestNote = 1024;
const longestWord = 128;

/** What {@link EventRecorder} works with. */
export interface EventRecorderOptions {
  readonly client: ObjectClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who reports. */
  readonly controller: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** What of an event of `events.k8s.io/v1` a later count goes by. */
interface NewEvent extends KubernetesObject {
  readonly metadata: { name: string; namespace: string };
  readonly eventTime: string;
}

/** What `record` is told. */
type Told = [
  object: Cached<KubernetesObject>,
  type: 'Normal' | 'Warning',
  reason: string,
  note: string,
  options?: EventOptions,
];

interface Waiting {
  readonly event: NewEvent;
  readonly count: number;
}

/**
 * Writes events, one after the other, while whoever tells of them goes on. One that can't be written is given up; the first
 * failure in a row is logged.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator = new EventCorrelator();
  readonly #waiting: Waiting[] = [];
  #isWriting = false;
  #isFailing = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** Tells of an object. Returns at once, and never throws. */
  record(...told: Told): void {
    try {
      this.#add(...told);
    } catch (error) {
      this.#options.logger.warn({ error }, 'an event makes no sense and is left out');
    }
  }

  #add(...[object, type, word, text, { action: done = word, related } = {}]: Told): void {
    const { clock, controller, signal } = this.#options;
    const { name = '', namespace = 'default', uid = '' } = object.metadata ?? {};
    const now = clock.now();
    const note = cut(text, longestNote);
    const reason = cut(word, longestWord);
    const action = cut(done, longestWord);
    const newName = `${eventNamePrefix(name)}.${hexadecimal(clock)}`;
    const step = this.#correlator.next({ uid, type, reason, action, note }, now, newName);
    if (!step || signal.aborted || this.#waiting.length >= mostWaiting) return;
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: step.name, namespace },
      eventTime: microTime(now),
      reportingController: controller,
      reportingInstance: controller,
      action,
      reason,
      type,
      note,
      regarding: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name,
        namespace: object.metadata?.namespace,
        uid,
      },
      ...(related && {
        related: {
          apiVersion: formatGroupVersion(related),
          kind: related.kind,
          name: related.name,
          namespace: related.namespace,
        },
      }),
    };
    this.#waiting.push({ event, count: step.count });
    if (!this.#isWriting) void this.#write();
  }

  async #write(): Promise<void> {
    const { signal } = this.#options;
    this.#isWriting = true;
    for (let next = this.#waiting.shift(); next && !signal.aborted; next = this.#waiting.shift()) {
      try {
        await this.#send(next);
        this.#isFailing = false;
      } catch (error) {
        if (signal.aborted) break;
        if (!this.#isFailing)
          this.#options.logger.warn({ error }, 'events can not be written and are left out');
        this.#isFailing = true;
      }
    }
    this.#isWriting = false;
  }

  async #send({ event, count }: Waiting): Promise<void> {
    const { client, signal } = this.#options;
    if (count === 1) return void (await client.create(event, { signal }));
    const { name, namespace } = event.metadata;
    const series = { count, lastObservedTime: event.eventTime };
    const id = { group: 'events.k8s.io', version: 'v1', kind: 'Event', namespace, name };
    try {
      await client.patch(id, { series }, { signal });
    } catch (error) {
      // A server keeps events for an hour or so.
      if (!isDepwatchError(error, 'ERR_NOT_FOUND')) throw error;
      await client.create({ ...event, series }, { signal });
    }
  }
}

/** What names of events have to be, where those of some kinds, such as ClusterRole, are nearly free. */
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** With what the name of an event begins: the name of what it is about, where that will do. */
export function eventNamePrefix(name: string): string {
  // Names may have 253 characters.
  const prefix = name.slice(0, 230);
  return subdomain.test(prefix) ? prefix : 'event';
}

/** A time as Kubernetes' MicroTime, which has exactly six digits. */
function microTime(ms: number): string {
  const micros = Math.floor((ms % 1) * 1000);
  return new Date(ms).toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`);
}

function hexadecimal(clock: Clock): string {
  const word = (): string => Math.floor(clock.random() * 2 ** 32).toString(16);
  return `${word()}${word()}`.padStart(16, '0');
}

/** So many bytes of a text, and no part of a character. */
function cut(value: unknown, most: number): string {
  const text = String(value);
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  const whole = bytes
    .subarray(0, most - 3)
    .toString()
    .replace(/\uFFFD+$/, '');
  return `${whole}…`;
}
