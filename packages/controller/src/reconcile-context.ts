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
} from '@depwatch/core';
import type { DependOptions, QueryBatch } from '@depwatch/dynamic-watcher';
import type {
  ControllerApplyOptions,
  ControllerContext,
  ReadContext,
  StatusPatch,
} from './context.ts';
import type { EventRecorder } from './events/event-recorder.ts';
import type { HeldList, HeldReads } from './held-lists.ts';
import { ownedBy } from './ownership.ts';
import { wireForm, wouldChange } from './status.ts';
import type { Turn } from './turn.ts';

/** What contexts are made of, beside what is another one for each reconcile. */
export interface ContextParts {
  readonly lists: readonly HeldList[];
  readonly reads: HeldReads;
  readonly recorder: EventRecorder;
  readonly fieldManager: string;
}

/** What a reconcile reads with: the lists that the controller holds where they have it, else a watch of the batch. */
export function readContext({ lists, reads }: ContextParts, turn: Turn): ReadContext {
  const { reader, context, batch } = turn;
  const held = (
    wanted: Parameters<QueryBatch['get']>[0],
    options: DependOptions,
  ): HeldList | undefined => {
    validateQuery(wanted);
    checkCallOptions(options);
    // What is held is held whole.
    const query = wanted.metadataOnly ? { ...wanted, metadataOnly: false } : wanted;
    const list = lists.find((one) => one.covers(query));
    const key = list && objectIdentifierKey(query);
    // Of itself it is told as `wakeOn` says.
    if (list && key !== reader.key) {
      turn.ask(key!);
      reads.add(list, query, reader);
    }
    return list;
  };
  return {
    ...context,
    get client() {
      return turn.client;
    },
    get unavailable() {
      return batch.unavailable;
    },
    async get<K>(id: Parameters<QueryBatch['get']>[0], options = {}) {
      const list = id?.name && !id.selector ? held(id, options) : undefined;
      return list
        ? (list.shown?.get(id) as Cached<K> | undefined)
        : (await batch.open()).get<K>(id, options);
    },
    async list<K>(query: Parameters<QueryBatch['list']>[0], options = {}) {
      const list = query?.name ? undefined : held(query, options);
      return list
        ? (list.select(query) as readonly Cached<K>[])
        : (await batch.open()).list<K>(query, options);
    },
  };
}

/** What a reconcile of an object reads and writes with. */
export function controllerContext<T extends KubernetesObject>(
  parts: ContextParts,
  turn: Turn,
  object: Cached<T>,
): ControllerContext<T> {
  const { recorder, lists, fieldManager } = parts;
  const { reader } = turn;
  const owner = object as Cached<KubernetesObject>;
  let status: unknown = (object as { status?: unknown }).status;
  const event: ControllerContext<T>['event'] = (type, reason, note, options) =>
    recorder.record(owner, type, reason, note, options);
  return Object.assign(readContext(parts, turn), {
    event,
    async patchStatus(patch: StatusPatch<T>) {
      const wanted = wireForm(patch);
      if (!wouldChange(status ?? {}, wanted)) return;
      const body = { status: wanted };
      const written = await turn.client.patch(reader.id, body, { subresource: 'status' });
      status = (written as { status?: unknown }).status;
    },
    async apply<K extends KubernetesObject>(given: K, options: ControllerApplyOptions = {}) {
      checkRecord('options', options);
      checkBoolean('owned', options.owned);
      checkBoolean('force', options.force);
      const { owned = false, force = false } = options;
      const id = objectIdentifierFrom(given);
      try {
        let wanted = given;
        if (owned) {
          const known = lists.find((list) => list.covers(id))?.shown?.get(id);
          wanted = ownedBy(given, owner, known ?? (await turn.client.get(id)), force);
        }
        // What is ours is as we say, whoever has changed it.
        return await turn.client.apply(wanted, { fieldManager, force: force || owned });
      } catch (error) {
        if (isDepwatchError(error, 'ERR_CONFLICT')) event('Warning', 'Conflict', error.message);
        throw error;
      }
    },
  });
}
