import {
  endingWith,
  formatGroupVersion,
  groupVersionKindFrom,
  isDepwatchError,
  objectIdentifierKey,
  type Clock,
  type KubernetesObject,
  type ObjectClient,
  type ObjectIdentifier,
} from '@depwatch/core';
import type { DynamicWatcher } from '@depwatch/dynamic-watcher';

/** How long a reconcile waits for the cache to show what the one before it has written. */
const patienceMs = 5000;

/** What was written of one object and the cache may not show yet. */
interface Unseen {
  /** As it was written last. */
  readonly written?: KubernetesObject;
  /** Resolves once the cache has seen that it was deleted. */
  readonly deleted?: Promise<void>;
  /** Ends that. */
  readonly end?: AbortController;
}

/** What reconciles have written and the cache may not show yet; the newest state of each object. */
export class Writes {
  readonly #watcher: Pick<DynamicWatcher, 'caughtUp' | 'caughtUpDelete'>;
  readonly #clock: Clock;
  readonly #unseen = new Map<string, Map<string, Unseen>>();

  constructor(watcher: Pick<DynamicWatcher, 'caughtUp' | 'caughtUpDelete'>, clock: Clock) {
    this.#watcher = watcher;
    this.#clock = clock;
  }

  /**
   * Whoever reconciles under this key has written an object.
   *
   * @param of whose subresource it was, which is answered with an object of another kind, or with none
   */
  note(key: string, written: KubernetesObject, of?: ObjectIdentifier): void {
    const { apiVersion, kind, metadata } = written ?? {};
    // A Status, as an eviction is answered with, is nobody's state.
    if (!apiVersion || !kind || !metadata?.name || !metadata.resourceVersion) return;
    const { name, namespace, labels, resourceVersion } = metadata;
    // No more of it than tells whether it is shown: it may be large, and is kept until the next reconcile.
    const shown: KubernetesObject = {
      apiVersion: of ? formatGroupVersion(of) : apiVersion,
      kind: of?.kind ?? kind,
      metadata: {
        name,
        resourceVersion,
        ...(namespace && { namespace }),
        ...(labels && { labels }),
      },
    };
    const id = { ...groupVersionKindFrom(shown), name, ...(namespace && { namespace }) };
    this.#set(key, id, { written: shown });
  }

  /** Whoever reconciles under this key has deleted an object. */
  noteDeleted(key: string, id: ObjectIdentifier): void {
    const written = this.#unseen.get(key)?.get(objectIdentifierKey(id))?.written;
    const end = new AbortController();
    const deleted = this.#sawDelete(id, written, end.signal);
    deleted.catch(() => {});
    this.#set(key, id, { deleted, end });
  }

  /** Nobody reconciles under this key any more. */
  forget(key: string): void {
    const objects = this.#unseen.get(key);
    this.#unseen.delete(key);
    for (const { end } of objects?.values() ?? []) end?.abort();
  }

  /** Whether anything was written under this key that may not be shown yet. */
  has(key: string): boolean {
    return this.#unseen.has(key);
  }

  /** Waits until the cache shows what was written under this key, or 5 s. @throws the signal's reason */
  async caughtUp(key: string, signal: AbortSignal): Promise<void> {
    const objects = this.#unseen.get(key);
    if (!objects) return;
    this.#unseen.delete(key);
    const impatience = new AbortController();
    const timer = this.#clock.setTimeout(() => impatience.abort(), patienceMs);
    const either = AbortSignal.any([signal, impatience.signal]);
    const unseen = [...objects.values()];
    const onAbort = (): void => unseen.forEach(({ end }) => end?.abort(either.reason));
    either.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.all(
        unseen.map(async ({ written, deleted }) =>
          written ? this.#watcher.caughtUp(written, { signal: either }) : deleted,
        ),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!impatience.signal.aborted && !isDepwatchError(error, 'ERR_INVALID_INPUT')) throw error;
    } finally {
      timer[Symbol.dispose]();
      either.removeEventListener('abort', onAbort);
    }
  }

  /** An object client whose writes are noted, and made as `fieldManager` and within `signal` unless the caller says otherwise. */
  through(
    client: ObjectClient,
    key: string,
    by: { fieldManager: string; signal: AbortSignal },
  ): ObjectClient {
    const { signal } = by;
    const writing = <O extends object>(options: O | undefined): O & typeof by => ({
      fieldManager: by.fieldManager,
      ...endingWith(signal, options),
    });
    const note = async <T extends KubernetesObject>(
      written: Promise<T>,
      { dryRun, subresource, of }: Noted = {},
    ): Promise<T> => {
      const object = await written;
      if (dryRun) return object;
      if (subresource === 'eviction' && of) this.noteDeleted(key, of);
      else this.note(key, object, subresource === undefined ? undefined : of);
      return object;
    };
    return {
      get: async (id, options) => client.get(id, endingWith(signal, options)),
      create: async (object, options) => note(client.create(object, writing(options)), options),
      update: async (object, options) => note(client.update(object, writing(options)), options),
      patch: async (id, patch, options) =>
        note(client.patch(id, patch, writing(options)), { ...options, of: id }),
      apply: async (object, options) => note(client.apply(object, writing(options)), options),
      delete: async (id, options) => {
        await client.delete(id, endingWith(signal, options));
        if (!options?.dryRun) this.noteDeleted(key, id);
      },
    };
  }

  /** Instead of what was known of the object. */
  #set(key: string, id: ObjectIdentifier, unseen: Unseen): void {
    let objects = this.#unseen.get(key);
    if (!objects) this.#unseen.set(key, (objects = new Map()));
    const object = objectIdentifierKey(id);
    objects.get(object)?.end?.abort();
    objects.set(object, unseen);
  }

  /** @param written what was written of it before, without which the cache need not have shown it yet */
  async #sawDelete(
    id: ObjectIdentifier,
    written: KubernetesObject | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    if (written) await this.#watcher.caughtUp(written, { signal });
    await this.#watcher.caughtUpDelete(id, { signal });
  }
}

/** What a write was told that says what it was about. */
interface Noted {
  readonly dryRun?: boolean;
  readonly subresource?: string;
  readonly of?: ObjectIdentifier;
}
