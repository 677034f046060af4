import {
  checkBoolean,
  checkCallOptions,
  checkRecord,
  isDepwatchError,
  objectIdentifierFrom,
  objectIdentifierKey,
  validateQuery,
  type Cached,
  type KubernetesObject,
  type ObjectClient,
} from '@depwatch/core';
import type { DependOptions, QueryBatch, WatchStatus } from '@depwatch/dynamic-watcher';
import type { ControllerApplyOptions, ControllerContext, ReadContext } from '../context.ts';
import type { EventRecorder } from '../events/event-recorder.ts';
import type { HeldList, HeldReads } from '../held-lists.ts';
import { ownedBy } from '../ownership.ts';
import { wireForm, wouldChange } from '../status.ts';
import type { Turn } from './turn.ts';

/** What contexts are made of, beside what is another one for each reconcile. */
export interface ContextParts {
  readonly lists: readonly HeldList[];
  readonly reads: HeldReads;
  readonly recorder: EventRecorder;
  readonly fieldManager: string;
}

type Query = Parameters<QueryBatch['get']>[0];

/**
 * What a reconcile reads with: the lists that the controller holds where they have it, else a watch of the batch. All that it has
 * is its own and none of it a getter, so that it may be taken out of it, or copied with it; an object with getters of its own
 * would take ten times as long to make, too.
 */
export class Reading implements ReadContext {
  readonly signal: AbortSignal;
  readonly causes: ReadContext['causes'];
  readonly attempt: number;
  readonly epoch?: number;
  readonly get: ReadContext['get'];
  readonly list: ReadContext['list'];
  readonly client: ObjectClient;
  readonly unavailable: WatchStatus[] = [];
  /** What is in `unavailable`, by the keys of the reads that found nothing for that reason. */
  #unseen: Map<string, WatchStatus> | undefined;
  readonly #parts: ContextParts;
  readonly #turn: Turn;

  constructor(parts: ContextParts, turn: Turn) {
    const { context } = turn;
    this.#parts = parts;
    this.#turn = turn;
    this.signal = context.signal;
    this.causes = context.causes;
    this.attempt = context.attempt;
    if (context.epoch !== undefined) this.epoch = context.epoch;
    this.client = turn.client;
    this.get = async <K>(id: Query, options = {}) => {
      const list = id?.name && !id.selector ? this.#held(id, options) : undefined;
      return list
        ? (list.shown?.get(id) as Cached<K> | undefined)
        : this.#read(id, (opened) => opened.get<K>(id, options));
    };
    this.list = async <K>(query: Query, options = {}) => {
      const list = query?.name ? undefined : this.#held(query, options);
      return list
        ? (list.select(query) as readonly Cached<K>[])
        : this.#read(query, (opened) => opened.list<K>(query, options));
    };
  }

  /** Reads by the batch, and notes what can't be seen. */
  async #read<R>(query: Query, read: (opened: QueryBatch) => Promise<R>): Promise<R> {
    const { batch } = this.#turn;
    const found = await read(await batch.open());
    const isNothing = found === undefined || (Array.isArray(found) && found.length === 0);
    if (isNothing || this.#unseen)
      this.#note(objectIdentifierKey(query), isNothing ? batch.unseen(query) : undefined);
    return found;
  }

  /** @param status of what can't be seen */
  #note(key: string, status: WatchStatus | undefined): void {
    const before = this.#unseen?.get(key);
    if (status) {
      if (!before) this.unavailable.push(status);
      (this.#unseen ??= new Map()).set(key, before ?? status);
    } else if (before) {
      this.#unseen!.delete(key);
      this.unavailable.splice(this.unavailable.indexOf(before), 1);
    }
  }

  #held(wanted: Query, options: DependOptions): HeldList | undefined {
    validateQuery(wanted);
    checkCallOptions(options);
    const { lists, reads } = this.#parts;
    const { reader } = this.#turn;
    // What is held is held whole.
    const query = wanted.metadataOnly ? { ...wanted, metadataOnly: false } : wanted;
    const list = lists.find((one) => one.covers(query));
    const key = list && objectIdentifierKey(query);
    // Of itself it is told as `wakeOn` says.
    if (list && key !== reader.key) {
      this.#turn.ask(key!);
      reads.add(list, query, reader);
    }
    return list;
  }
}

/** What a reconcile of an object reads and writes with. */
export class Reconciling<T extends KubernetesObject>
  extends Reading
  implements ControllerContext<T>
{
  readonly event: ControllerContext<T>['event'];
  readonly patchStatus: ControllerContext<T>['patchStatus'];
  readonly apply: ControllerContext<T>['apply'];

  constructor(parts: ContextParts, turn: Turn, object: Cached<T>) {
    super(parts, turn);
    const owner = object as Cached<KubernetesObject>;
    let { status } = object as { status?: unknown };
    this.event = (type, reason, note, options) =>
      parts.recorder.record(owner, type, reason, note, options);
    this.patchStatus = async (patch) => {
      const wanted = wireForm(patch);
      if (!wouldChange(status ?? {}, wanted)) return;
      const body = { status: wanted };
      const written = await turn.client.patch(turn.reader.id, body, { subresource: 'status' });
      status = (written as { status?: unknown }).status;
    };
    this.apply = async (given, options = {}) => {
      try {
        return await applyAs(parts, turn, owner, given, options);
      } catch (error) {
        if (isDepwatchError(error, 'ERR_CONFLICT'))
          this.event('Warning', 'Conflict', error.message);
        throw error;
      }
    };
  }
}

async function applyAs<K extends KubernetesObject>(
  { lists, fieldManager }: ContextParts,
  { client }: Turn,
  owner: Cached<KubernetesObject>,
  given: K,
  options: ControllerApplyOptions,
): Promise<K> {
  checkRecord('options', options);
  checkBoolean('owned', options.owned);
  checkBoolean('force', options.force);
  const { owned = false, force = false } = options;
  const id = objectIdentifierFrom(given);
  if (!owned) return client.apply(given, { fieldManager, force });
  const known = lists.find((list) => list.covers(id))?.shown?.get(id);
  const wanted = ownedBy(given, owner, known ?? (await client.get(id)), force);
  // What is ours is as we say, whoever has changed it.
  return client.apply(wanted, { fieldManager, force: true });
}
