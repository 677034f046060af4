import type { ReplicaLease, ReplicaRecord } from '../../../src/membership/types.ts';

export type LeaseEvent =
  | { readonly type: 'changed'; readonly lease: ReplicaLease }
  | { readonly type: 'deleted'; readonly name: string; readonly resourceVersion: string };

/** The Leases of a group as an API server keeps them: one order of versions, and writes over a version that is the newest. */
export class LeaseStore {
  readonly #leases = new Map<string, ReplicaLease>();
  readonly #watchers = new Set<(event: LeaseEvent) => void>();
  #version = 100;
  /** Writes that took effect. */
  writes = 0;

  get resourceVersion(): string {
    return String(this.#version);
  }

  list(): readonly ReplicaLease[] {
    return [...this.#leases.values()];
  }

  /** The new version; undefined where it isn't written since another version is the newest. */
  write(name: string, record: ReplicaRecord, over: string | undefined): string | undefined {
    if (this.#leases.get(name)?.resourceVersion !== over) return undefined;
    this.#version += 1;
    this.writes += 1;
    const lease = { name, resourceVersion: this.resourceVersion, record };
    this.#leases.set(name, lease);
    this.#tell({ type: 'changed', lease });
    return lease.resourceVersion;
  }

  /** With a version, only while that is the newest. */
  delete(name: string, over?: string): void {
    const lease = this.#leases.get(name);
    if (!lease || (over !== undefined && lease.resourceVersion !== over)) return;
    this.#version += 1;
    this.#leases.delete(name);
    this.#tell({ type: 'deleted', name, resourceVersion: this.resourceVersion });
  }

  watch(listener: (event: LeaseEvent) => void): () => void {
    this.#watchers.add(listener);
    return () => void this.#watchers.delete(listener);
  }

  #tell(event: LeaseEvent): void {
    for (const listener of this.#watchers) listener(event);
  }
}
