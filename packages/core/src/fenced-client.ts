import { checkMethods, checkRecord, checkSignal, endingWith } from './check-input.ts';
import { abortedError } from './errors.ts';
import type { ObjectClient } from './ports/object-client.ts';
import type { Ownership } from './ports/ownership.ts';

/** When the writes of a {@link fencedClient} end. */
export interface Fence {
  /** What the reconcile was begun under. */
  readonly ownership: Pick<Ownership, 'owns'>;
  /** The reconcile's; reads and writes end with it unless the call has one of its own. */
  readonly signal: AbortSignal;
}

/**
 * An ObjectClient for one reconcile of a replica among others: a write is refused before it is sent, with ERR_ABORTED, once
 * the reconcile's signal is aborted, also where the process has stood still and nobody has been told yet that its time is over.
 *
 * A write that has been sent is out of its hands; what must not be overwritten then needs a precondition.
 *
 * @throws DepwatchError ERR_INVALID_INPUT for what is no client or no fence
 */
export function fencedClient(client: ObjectClient, fence: Fence): ObjectClient {
  checkMethods('client', client, ['get', 'create', 'update', 'patch', 'apply', 'delete']);
  checkRecord('fence', fence, 'an object with ownership and signal');
  const { ownership, signal } = fence;
  checkMethods('ownership', ownership, ['owns']);
  checkSignal(signal ?? null);
  const fenced = async <R>(write: () => Promise<R>): Promise<R> => {
    // To be asked has who stood still look at the clock, and abort what it has lost.
    ownership.owns('');
    if (signal.aborted) throw abortedError(signal);
    return write();
  };
  return {
    get: async (id, options) => client.get(id, endingWith(signal, options)),
    create: (object, options) => fenced(() => client.create(object, endingWith(signal, options))),
    update: (object, options) => fenced(() => client.update(object, endingWith(signal, options))),
    patch: (id, patch, options) =>
      fenced(() => client.patch(id, patch, endingWith(signal, options))),
    apply: (object, options) => fenced(() => client.apply(object, endingWith(signal, options))),
    delete: (id, options) => fenced(() => client.delete(id, endingWith(signal, options))),
  };
}
