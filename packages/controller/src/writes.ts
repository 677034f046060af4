import {
  isDepwatchError,
  type Clock,
  type KubernetesObject,
  type ObjectClient,
} from '@depwatch/core';
import type { DynamicWatcher } from '@depwatch/dynamic-watcher';

/** How long a reconcile waits for the cache to show what the one before it has written. */
const patienceMs = 5000;

/** What reconciles have written and the cache may not show yet; the newest state of each object. */
export class Writes {
  readonly #watcher: Pick<DynamicWatcher, 'caughtUp'>;
  readonly #clock: Clock;
  readonly #written = new Map<string, Map<string, KubernetesObject>>();

  constructor(watcher: Pick<DynamicWatcher, 'caughtUp'>, clock: Clock) {
    this.#watcher = watcher;
    this.#clock = clock;
  }

  /** Whoever reconciles under this key has written an object. */
  note(key: string, written: KubernetesObject): void {
    const { apiVersion, kind, metadata } = written ?? {};
    // A Status, as an eviction is answered with, is nobody's state.
    if (!apiVersion || !kind || !metadata?.name || !metadata.resourceVersion) return;
    let objects = this.#written.get(key);
    if (!objects) this.#written.set(key, (objects = new Map()));
    const { name, namespace, labels, resourceVersion } = metadata;
    // No more of it than tells whether it is shown: it may be large, and is kept until the next reconcile.
    objects.set(JSON.stringify([apiVersion, kind, namespace, name]), {
      apiVersion,
      kind,
      metadata: {
        name,
        resourceVersion,
        ...(namespace && { namespace }),
        ...(labels && { labels }),
      },
    });
  }

  /** Nobody reconciles under this key any more. */
  forget(key: string): void {
    this.#written.delete(key);
  }

  /** Whether anything was written under this key that may not be shown yet. */
  has(key: string): boolean {
    return this.#written.has(key);
  }

  /** Waits until the cache shows what was written under this key, or 5 s. @throws the signal's reason */
  async caughtUp(key: string, signal: AbortSignal): Promise<void> {
    const written = this.#written.get(key);
    if (!written) return;
    this.#written.delete(key);
    const impatience = new AbortController();
    const timer = this.#clock.setTimeout(() => impatience.abort(), patienceMs);
    try {
      const either = AbortSignal.any([signal, impatience.signal]);
      await Promise.all(
        [...written.values()].map((object) => this.#watcher.caughtUp(object, { signal: either })),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!impatience.signal.aborted && !isDepwatchError(error, 'ERR_INVALID_INPUT')) throw error;
    } finally {
      timer[Symbol.dispose]();
    }
  }

  /** An object client whose writes are noted, and made as `fieldManager` and within `signal` unless the caller says otherwise. */
  through(
    client: ObjectClient,
    key: string,
    by: { fieldManager: string; signal: AbortSignal },
  ): ObjectClient {
    const note = <T extends KubernetesObject>(
      written: T,
      { dryRun }: { dryRun?: boolean } = {},
    ): T => {
      if (!dryRun) this.note(key, written);
      return written;
    };
    const { signal } = by;
    return {
      get: (id, options) => client.get(id, { signal, ...options }),
      create: async (object, options) =>
        note(await client.create(object, { ...by, ...options }), options),
      update: async (object, options) =>
        note(await client.update(object, { ...by, ...options }), options),
      patch: async (id, patch, options) =>
        note(await client.patch(id, patch, { ...by, ...options }), options),
      apply: async (object, options) =>
        note(await client.apply(object, { ...by, ...options }), options),
      delete: (id, options) => client.delete(id, { signal, ...options }),
    };
  }
}
