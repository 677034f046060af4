import type { ApiObject } from '../http/api-object.ts';
import { StatusError } from '../http/status.ts';
import { customResourceDefinitions } from '../kinds/built-in-resources.ts';
import type { Registry, Resource } from '../store/registry.ts';
import { type StoredObject, storageKey } from '../store/store.ts';
import { orphanFinalizer } from '../writes/deletion-finalizers.ts';
import type { ObjectWriter, WriteObserver } from '../writes/object-writer.ts';
import {
  awaitsDependents,
  nextStep,
  type Owner,
  type OwnerReference,
  ownersOf,
  withoutFinalizer,
  withoutOwners,
} from './ownership.ts';
import { Soon } from './soon.ts';

/** Where an object is; it may have gone from there, or another have come. */
interface Place {
  readonly resource: Resource;
  readonly key: string;
}

/** Those that name one owner, by uid. */
interface Dependents {
  readonly places: Map<string, Place>;
  /** Whether the owner was there and has gone, which stays known even where its kind is gone, too. */
  gone: boolean;
}

/**
 * Deletes what has lost its owners, and has owners wait for their dependents or leave them behind, as a cluster's
 * garbage collector does: in turns after the writes that give cause for it, by writes that watches see.
 */
export class GarbageCollector implements WriteObserver {
  readonly #registry: Registry;
  readonly #writer: ObjectWriter;
  readonly #soon = new Soon(() => this.#collect());
  readonly #dependents = new Map<string, Dependents>();
  /** The owners that objects name at the moment, for those that name any. */
  readonly #owners = new Map<string, readonly OwnerReference[]>();
  #queue = new Map<string, Place>();
  /** Objects whose owners are of a kind that is not served yet. */
  readonly #waiting = new Map<string, Place>();

  constructor(registry: Registry, writer: ObjectWriter) {
    this.#registry = registry;
    this.#writer = writer;
  }

  stop(): void {
    this.#soon.stop();
  }

  wrote(resource: Resource, { key, object }: StoredObject, removed: boolean): void {
    if (resource.type === customResourceDefinitions && !removed) this.#retryWaiting();
    if (!isCollected(resource)) return;
    const { uid } = object.metadata;
    const place = { resource, key };
    // Owners that wait are looked at when one that they wait for has gone, or names them no longer.
    const before = this.#owners.get(uid) ?? [];
    this.#remember(uid, place, removed ? [] : ownersOf(object));
    for (const reference of before) this.#lookAtOwner(reference, object);
    if (removed) this.#waiting.delete(uid);
    else {
      const isOwned = this.#owners.has(uid);
      // Most objects are neither, and cost no more than this.
      if (isOwned || object.metadata.deletionTimestamp !== undefined) this.#enqueue(uid, place);
      if (!awaitsDependents(object)) return;
    }
    const dependents = this.#dependents.get(uid);
    if (!dependents) return;
    dependents.gone = removed;
    for (const [dependent, home] of dependents.places) this.#enqueue(dependent, home);
  }

  #remember(uid: string, place: Place, owners: readonly OwnerReference[]): void {
    const before = this.#owners.get(uid) ?? [];
    if (owners.length === 0) this.#owners.delete(uid);
    else this.#owners.set(uid, owners);
    for (const owner of owners) {
      let dependents = this.#dependents.get(owner.uid);
      if (!dependents) {
        this.#dependents.set(owner.uid, (dependents = { places: new Map(), gone: false }));
      }
      dependents.places.set(uid, place);
    }
    for (const owner of before) {
      if (owners.some((kept) => kept.uid === owner.uid)) continue;
      const dependents = this.#dependents.get(owner.uid);
      dependents?.places.delete(uid);
      if (dependents?.places.size === 0) this.#dependents.delete(owner.uid);
    }
  }

  #lookAtOwner(reference: OwnerReference, dependent: ApiObject): void {
    const found = this.#find(reference, dependent);
    if (typeof found !== 'object' || !awaitsDependents(found.object)) return;
    this.#enqueue(reference.uid, found);
  }

  #enqueue(uid: string, place: Place): void {
    // To the end: first come those that it has given cause to look at, such as an owner that it blocks no more.
    this.#queue.delete(uid);
    this.#queue.set(uid, place);
    this.#soon.ask();
  }

  #retryWaiting(): void {
    for (const [uid, place] of this.#waiting) this.#enqueue(uid, place);
    this.#waiting.clear();
  }

  #collect(): void {
    const queue = this.#queue;
    this.#queue = new Map();
    for (const [uid, place] of queue) {
      const stored = this.#at(uid, place);
      if (!stored) continue;
      try {
        this.#advance(stored, place);
      } catch (error) {
        // What refuses a write is another write, after which the object is looked at again.
        if (!(error instanceof StatusError)) throw error;
      }
    }
  }

  #advance({ object }: StoredObject, place: Place): void {
    const { uid } = object.metadata;
    const dependents = this.#dependentsOf(uid);
    const step = nextStep(
      object,
      dependents.map(({ stored }) => stored.object),
      (reference): Owner => {
        const found = this.#find(reference, object);
        return typeof found === 'object' ? found.object : found;
      },
    );
    switch (step.do) {
      case 'nothing':
        return;
      case 'wait':
        this.#waiting.set(uid, place);
        return;
      case 'look':
        for (const dependent of dependents) {
          if (step.at.includes(dependent.stored.object)) {
            this.#enqueue(dependent.stored.object.metadata.uid, dependent.place);
          }
        }
        return;
      case 'orphan':
        for (const dependent of dependents) {
          this.#write(dependent.place, withoutOwners(dependent.stored.object, new Set([uid])));
        }
        this.#write(place, withoutFinalizer(object, orphanFinalizer));
        return;
      case 'write':
        this.#write(place, step.metadata);
        return;
      case 'delete':
        this.#delete(uid, place, step.propagationPolicy);
    }
  }

  #find(
    reference: OwnerReference,
    { metadata }: ApiObject,
  ): (Place & { object: ApiObject }) | 'absent' | 'unknown' {
    if (this.#dependents.get(reference.uid)?.gone) return 'absent';
    const found = this.#registry.ofKind(reference.apiVersion, reference.kind);
    if (!found) return 'unknown';
    const { type, table } = found.resource;
    const namespace = type.namespaced ? (metadata.namespace ?? '') : '';
    // What belongs to no namespace can't be owned by what does: that is an error for good.
    if (type.namespaced && namespace === '') return 'unknown';
    const key = storageKey(namespace, reference.name);
    const owner = table.get(key);
    if (owner?.object.metadata.uid !== reference.uid) return 'absent';
    return { resource: found.resource, key, object: owner.object };
  }

  #dependentsOf(uid: string): { stored: StoredObject; place: Place }[] {
    return [...(this.#dependents.get(uid)?.places ?? [])].flatMap(([dependent, place]) => {
      const stored = this.#at(dependent, place);
      return stored ? [{ stored, place }] : [];
    });
  }

  #at(uid: string, { resource, key }: Place): StoredObject | undefined {
    const stored = resource.table.get(key);
    return stored?.object.metadata.uid === uid ? stored : undefined;
  }

  #write({ resource, key }: Place, metadata: Partial<ApiObject['metadata']>): void {
    const stored = resource.table.get(key)!;
    const { namespace, name, object } = stored;
    const version = resource.type.storageVersion;
    const changed = { ...object, metadata: { ...object.metadata, ...metadata } };
    const options = { fieldManager: 'kube-controller-manager' };
    this.#writer.update({ resource, version, namespace }, name, '', changed, options);
  }

  #delete(
    uid: string,
    { resource, key }: Place,
    propagationPolicy: 'Foreground' | 'Background' | 'Orphan',
  ): void {
    const { namespace, name } = resource.table.get(key)!;
    const target = { resource, version: resource.type.storageVersion, namespace };
    this.#writer.delete(target, name, { uid, propagationPolicy });
  }
}

function isCollected({ type: { custom, resource, verbs } }: Resource): boolean {
  // Events are left out by the real one, too, in both of the groups that show them.
  const isEvents = !custom && resource === 'events';
  return !isEvents && ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb));
}
