import {
  keepVersion,
  objectKey,
  ObjectStore,
  type KubernetesObject,
  type ObjectChange,
  type ObjectMeta,
} from '@depwatch/core';
import type { Membership } from './membership.ts';

/** So many whole objects are kept that nobody asks for, so that who does needs no request. */
const mostSpare = 1000;

/** What is kept of an object that nobody asks for: what tells its states apart, and who would select it. */
export class ObjectStub implements KubernetesObject {
  readonly metadata: NonNullable<KubernetesObject['metadata']>;

  constructor({ metadata = {} }: KubernetesObject) {
    const { name, namespace, uid, resourceVersion, labels } = metadata;
    // Of one shape, whatever is absent, and without room for more: there is one for each object.
    this.metadata = { namespace, name, uid, resourceVersion, labels } as ObjectMeta;
  }
}

/** What tells an object's states apart, for a feed: a stub as it is, so that there is one for both. */
export function keepLeast(object: KubernetesObject): KubernetesObject {
  return object instanceof ObjectStub ? object : keepVersion(object);
}

/** The objects of a collection, whole where somebody asks for them, and who that is. */
export class CollectionObjects {
  readonly store = new ObjectStore(
    (object, key) => this.#keep(object, key),
    false,
    (kept) => !(kept instanceof ObjectStub),
  );
  /** Whether stubs are all that is asked for. */
  readonly #stubsSuffice: boolean;
  readonly #byKey = new Map<string, readonly Membership[]>();
  readonly #selectors = new Set<Membership>();
  /** The keys of whole objects that nobody asks for. */
  readonly #spare = new Set<string>();
  /** The metadata of what was not wanted when it was decoded: there is nothing else of such an object. */
  readonly #dropped = new WeakSet<ObjectMeta>();

  /** @param stubsSuffice whether nobody asks for more than metadata tells */
  constructor(stubsSuffice: boolean) {
    this.#stubsSuffice = stubsSuffice;
  }

  /** Keeps what it asks for whole from now on. */
  add(membership: Membership): void {
    const { key } = membership;
    if (key === undefined) {
      this.#selectors.add(membership);
      return;
    }
    const others = this.#byKey.get(key);
    this.#byKey.set(key, others ? [...others, membership] : [membership]);
    this.#spare.delete(key);
  }

  /** What it alone asked for is kept whole only as long as there is room. */
  delete(membership: Membership): void {
    const { key, feed } = membership;
    if (key !== undefined) {
      const others = this.#byKey.get(key)?.filter((other) => other !== membership) ?? [];
      if (others.length > 0) this.#byKey.set(key, others);
      else this.#byKey.delete(key);
      this.#release(key);
    } else if (this.#selectors.delete(membership)) {
      for (const key of feed.store.keys()) this.#release(key);
    }
  }

  /** Those that ask for an object, and all selectors, which may have selected it before. */
  concernedBy(key: string): readonly Membership[] {
    const named = this.#byKey.get(key) ?? none;
    return this.#selectors.size === 0 ? named : [...named, ...this.#selectors];
  }

  /** The objects that it asks for. */
  of(membership: Membership): readonly KubernetesObject[] {
    const { key } = membership;
    if (key === undefined) return this.store.values().filter((one) => membership.selects(one));
    const object = this.store.get(key);
    return object ? [object] : [];
  }

  /** Whether of an object there is all that is asked for. */
  suffices(object: KubernetesObject): boolean {
    return this.#stubsSuffice || !(object instanceof ObjectStub);
  }

  /** Whether an object has to come whole. */
  wants(metadata: ObjectMeta): boolean {
    // Without a version only the content tells one state from another.
    if (!metadata.resourceVersion) return true;
    const object = { metadata };
    if (this.#isKeptWhole(object, objectKey(object))) return true;
    this.#dropped.add(metadata);
    return false;
  }

  /** What somebody asks for, and was dropped, is whole from now on, where this is the state that is here. */
  restore(objects: readonly KubernetesObject[]): void {
    for (const object of objects) {
      const key = objectKey(object);
      const known = this.store.get(key);
      if (known && !this.suffices(known) && this.#isAskedFor(key, object)) this.store.adopt(object);
    }
  }

  /** What is gone takes no room. */
  applied(changes: readonly ObjectChange[]): void {
    for (const { key, after } of changes) if (!after) this.#spare.delete(key);
  }

  #keep(object: KubernetesObject, key: string): KubernetesObject {
    const { metadata } = object;
    if (!metadata?.resourceVersion) return object;
    const isWhole = !this.#stubsSuffice && !this.#dropped.has(metadata);
    return isWhole && this.#isKeptWhole(object, key) ? object : new ObjectStub(object);
  }

  #isKeptWhole(object: KubernetesObject, key: string): boolean {
    return this.#isAskedFor(key, object) || this.#spares(key);
  }

  #isAskedFor(key: string, object: KubernetesObject): boolean {
    if (this.#byKey.has(key)) return true;
    for (const selector of this.#selectors) if (selector.selects(object)) return true;
    return false;
  }

  #spares(key: string): boolean {
    if (this.#spare.size < mostSpare) this.#spare.add(key);
    return this.#spare.has(key);
  }

  #release(key: string): void {
    const object = this.store.get(key);
    if (!object || !this.suffices(object) || this.#stubsSuffice) return;
    if (this.#isAskedFor(key, object) || this.#spares(key)) return;
    this.store.adopt(new ObjectStub(object));
  }
}

const none: readonly Membership[] = [];
