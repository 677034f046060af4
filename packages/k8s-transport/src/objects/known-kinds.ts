import {
  abortedError,
  DepwatchError,
  formatGroupVersion,
  groupVersionKindKey,
  type ApiResource,
  type GroupVersionKind,
} from '@depwatch/core';

/** Finds the resource of a kind on the server; undefined where it has none. */
export type FindKind = (gvk: GroupVersionKind) => Promise<ApiResource | undefined>;

/** The resources of the kinds that were asked for: looked up once for all who ask, kept until they turn out wrong. */
export class KnownKinds {
  readonly #find: FindKind;
  readonly #known = new Map<string, Promise<ApiResource>>();

  constructor(find: FindKind) {
    this.#find = find;
  }

  /**
   * The resource of a kind.
   *
   * @throws DepwatchError ERR_NO_VERSIONED_RESOURCE when the server doesn't have it, and as discovery does
   */
  get(gvk: GroupVersionKind, signal?: AbortSignal): Promise<ApiResource> {
    const key = groupVersionKindKey(gvk);
    let found = this.#known.get(key);
    if (found === undefined) {
      const asked = this.#ask(gvk);
      found = asked;
      this.#known.set(key, asked);
      asked.catch(() => {
        if (this.#known.get(key) === asked) this.#known.delete(key);
      });
    }
    return unlessAborted(found, signal);
  }

  /** Looks a kind up anew, unless others have since `before` was got. */
  async anew(
    gvk: GroupVersionKind,
    before: ApiResource,
    signal?: AbortSignal,
  ): Promise<ApiResource> {
    if ((await this.get(gvk, signal)) === before) this.#known.delete(groupVersionKindKey(gvk));
    return this.get(gvk, signal);
  }

  async #ask(gvk: GroupVersionKind): Promise<ApiResource> {
    const resource = await this.#find(gvk);
    if (resource !== undefined) return resource;
    throw new DepwatchError(
      'ERR_NO_VERSIONED_RESOURCE',
      `the API server has no kind ${formatGroupVersion(gvk)} ${gvk.kind}: check the spelling (kubectl api-resources), or install its CRD first`,
    );
  }
}

/** One who asks may go; the others go on waiting. */
function unlessAborted<T>(pending: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return pending;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortedError(signal));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    const done = () => signal.removeEventListener('abort', onAbort);
    pending.finally(done).then(resolve, reject);
  });
}
