import { builtInResources } from '../kinds/built-in-resources.ts';
import { resourceKey, type ResourceType } from '../kinds/resource-type.ts';
import { Table, type VersionCounter } from './store.ts';
import { WatchHub } from '../watches/watch-hub.ts';

/** A served resource with its objects and its watches. */
export interface Resource {
  readonly type: ResourceType;
  readonly table: Table;
  readonly hub: WatchHub;
}

/** What the server serves: the built-in resources, and those that come and go with their definitions. */
export class Registry {
  readonly versions: VersionCounter;
  readonly #historyLimit: number;
  readonly #resources = new Map<string, Resource>();
  #staleVersion: number | undefined;

  constructor(versions: VersionCounter, historyLimit: number) {
    this.versions = versions;
    this.#historyLimit = historyLimit;
    for (const type of builtInResources) this.add(type);
  }

  /** The version that reads show: the newest, unless they are made stale. */
  get readVersion(): number {
    return this.#staleVersion ?? this.versions.current;
  }

  /** Makes reads show the state of now whatever is written, or the newest again. */
  setStale(stale: boolean): void {
    this.#staleVersion = stale ? this.versions.current : undefined;
  }

  /** Serves a resource; objects and watches of one that is there already stay. */
  add(type: ResourceType): Resource {
    const key = resourceKey(type);
    const existing = this.#resources.get(key);
    const table =
      existing?.table ??
      (type.view && this.#resources.get(resourceKey(type.view))?.table) ??
      new Table(this.versions, this.#historyLimit);
    const hub =
      existing?.hub ??
      new WatchHub(table, () => ({ current: this.versions.current, read: this.readVersion }));
    const resource = { type, table, hub };
    this.#resources.set(key, resource);
    return resource;
  }

  /** Serves it no longer. */
  remove(type: ResourceType): void {
    this.#resources.delete(resourceKey(type));
  }

  /** The resource of a group, in whatever version. */
  get(group: string, resource: string): Resource | undefined {
    return this.#resources.get(resourceKey({ group, resource }));
  }

  /** A resource as a URL names it. */
  find(group: string, version: string, resource: string): Resource | undefined {
    const found = this.get(group, resource);
    return found?.type.versions.some(({ name }) => name === version) ? found : undefined;
  }

  /** The resource of a kind, as an object names it. */
  ofKind(apiVersion: string, kind: string): { resource: Resource; version: string } | undefined {
    const slash = apiVersion.indexOf('/');
    const group = apiVersion.slice(0, Math.max(slash, 0));
    const version = apiVersion.slice(slash + 1);
    for (const resource of this.#resources.values()) {
      const { type } = resource;
      if (type.group !== group || type.kind !== kind) continue;
      if (type.versions.some(({ name }) => name === version)) return { resource, version };
    }
    return undefined;
  }

  /** All resources, built-in ones first. */
  all(): Iterable<Resource> {
    return this.#resources.values();
  }

  /** Whether a group has resources that no definition has brought. */
  isBuiltIn(group: string): boolean {
    return [...this.#resources.values()].some(({ type }) => !type.custom && type.group === group);
  }

  /** The groups in the order they were added, each with its versions, the preferred one first. */
  groups(): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const { type } of this.#resources.values()) {
      let versions = groups.get(type.group);
      if (!versions) groups.set(type.group, (versions = []));
      for (const { name } of type.versions) if (!versions.includes(name)) versions.push(name);
    }
    for (const versions of groups.values()) versions.sort(compareVersions);
    return groups;
  }
}

/** Kubernetes' order of versions: stable before beta before alpha, then the higher number first. */
export function compareVersions(a: string, b: string): number {
  const rank = (version: string): readonly [number, number, number] => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (!match) return [-1, 0, 0];
    const [, major, stage, minor] = match;
    return [stage === undefined ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor ?? 0)];
  };
  const [left, right] = [rank(a), rank(b)];
  for (const index of [0, 1, 2] as const) {
    if (left[index] !== right[index]) return right[index] - left[index];
  }
  return a < b ? -1 : a > b ? 1 : 0;
}
