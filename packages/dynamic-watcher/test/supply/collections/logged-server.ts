import {
  compareResourceVersions,
  expiredError,
  matchesLabelSelector,
  parseLabelSelector,
  type DepwatchError,
  type KubernetesObject,
  type ObjectIdentifier,
  type ReflectorOrigin,
  type ScopedGVR,
  type WatchEvent,
} from '@depwatch/core';
import type { ResumableSource, Sink } from '../../../src/supply/sources/source.ts';
import { watchQuery } from '../../../src/supply/sources/watch-query.ts';

/** One write, as the server remembers it. */
interface Write {
  readonly version: number;
  readonly before: KubernetesObject | undefined;
  /** Undefined when it was deleted. */
  readonly after: KubernetesObject | undefined;
}

/** A server's history of config maps, which sources deliver at whatever pace a test says. */
export class LoggedServer {
  readonly writes: Write[] = [];
  readonly #objects = new Map<string, KubernetesObject>();
  #uids = 0;

  get version(): number {
    return this.writes.length + 10;
  }

  put(name: string, labels: Record<string, string> = {}, namespace = 'ns'): KubernetesObject {
    const key = `${namespace}/${name}`;
    const before = this.#objects.get(key);
    const uid = before?.metadata?.uid ?? `uid-${(this.#uids += 1)}`;
    const version = this.version + 1;
    const after: KubernetesObject & { data: object } = {
      metadata: { name, namespace, uid, resourceVersion: `${version}`, labels },
      data: { written: `${version}` },
    };
    this.writes.push({ version, before, after });
    this.#objects.set(key, after);
    return after;
  }

  remove(name: string, namespace = 'ns'): void {
    const key = `${namespace}/${name}`;
    const before = this.#objects.get(key);
    if (!before) return;
    this.writes.push({ version: this.version + 1, before, after: undefined });
    this.#objects.delete(key);
  }

  /** The state of its newest version, or of an older one. */
  at(version = this.version): readonly KubernetesObject[] {
    const objects = new Map(this.#objects);
    for (const { before, after } of this.writes.slice(version - 10).reverse()) {
      const { name, namespace } = (after ?? before)!.metadata!;
      if (before) objects.set(`${namespace}/${name}`, before);
      else objects.delete(`${namespace}/${name}`);
    }
    return [...objects.values()];
  }
}

/** Whether a watch of it shows an object. */
export function isWatched(watched: ObjectIdentifier, { metadata }: KubernetesObject): boolean {
  const { name, namespace, selector } = watched;
  if (namespace && namespace !== metadata?.namespace) return false;
  if (name) return name === metadata?.name;
  return matchesLabelSelector(parseLabelSelector(selector ?? ''), metadata?.labels);
}

/** A source that delivers the log of a {@link LoggedServer} to its sink, as a real one does, but when a test says so. */
export class LoggedSource implements ResumableSource {
  readonly servedBy = 'object';
  readonly watched: ObjectIdentifier;
  /** What it was started from; undefined: with a list. */
  from: ReflectorOrigin | undefined;
  isStarted = false;
  isStopped = false;
  wasLive = false;
  gvr: ScopedGVR;
  readonly #server: LoggedServer;
  readonly #sink: Sink;
  #version: number | undefined;
  #isOpen = false;
  #decoded: { readonly version: number; readonly events: readonly WatchEvent[] } | undefined;

  constructor(server: LoggedServer, sink: Sink, watched: ObjectIdentifier, gvr: ScopedGVR) {
    this.#server = server;
    this.#sink = sink;
    this.watched = watched;
    this.gvr = gvr;
  }

  get resourceVersion(): string | undefined {
    return this.#version === undefined ? undefined : `${this.#version}`;
  }

  get query() {
    return watchQuery(this.watched, this.gvr, false);
  }

  /** Whether it has shown a list, and is connected. */
  get isLive(): boolean {
    return this.#isOpen && this.#version !== undefined;
  }

  start(from?: ReflectorOrigin): void {
    this.from = from;
    this.isStarted = true;
    if (from?.resourceVersion) this.#version = Number(from.resourceVersion);
    this.#sink.begun();
  }

  stop(): void {
    this.isStopped = true;
    this.#sink.store.discard();
  }

  expire(error: DepwatchError): void {
    if (this.isStopped) return;
    this.#decoded = undefined;
    this.#version = undefined;
    this.#isOpen = false;
    this.#sink.retrying(error, 0);
  }

  /** The connection is accepted; one that has no version lists first, in one piece or two with something in between. */
  open(version = this.#server.version, between?: () => void): void {
    if (this.isStopped || this.#isOpen) return;
    this.#isOpen = true;
    this.wasLive = true;
    if (this.#version !== undefined) return this.#sink.live();
    const { store } = this.#sink;
    const objects = this.#server.at(version).filter((object) => isWatched(this.watched, object));
    store.stage(objects.slice(0, 1));
    between?.();
    store.stage(objects.slice(1));
    this.#version = version;
    this.#told(store.commit());
    if (!this.isStopped) this.#sink.live();
    if (!this.isStopped) this.#sink.advanced();
  }

  /** Lists anew of its own accord, and tells nobody that it isn't live meanwhile. */
  relist(between?: () => void): void {
    if (this.isStopped || !this.isLive) return;
    this.#decoded = undefined;
    this.#isOpen = false;
    this.#version = undefined;
    this.open(undefined, between);
  }

  /** Delivers up to so many writes in one burst, and with `bookmark` how far it has come; or what was decoded before. */
  deliver(count = Infinity, bookmark = true): void {
    this.decode(count, bookmark);
    const decoded = this.#decoded;
    this.#decoded = undefined;
    if (this.isStopped || !decoded) return;
    this.#version = decoded.version;
    if (decoded.events.length > 0) this.#told(this.#sink.store.apply(decoded.events));
    if (!this.isStopped) this.#sink.advanced();
  }

  /** Decodes what the next `deliver` delivers: what isn't wanted by now comes without its content. */
  decode(count = Infinity, bookmark = true): void {
    const from = this.#version;
    if (this.#decoded || this.isStopped || !this.#isOpen || from === undefined) return;
    const slice = this.#server.writes.slice(from - 10, from - 10 + count);
    const events = slice.flatMap((write) => this.#eventOf(write) ?? []);
    if (slice.length === 0 || (events.length === 0 && !bookmark)) return;
    const version = bookmark ? slice.at(-1)!.version : Number(lastVersion(events));
    this.#decoded = { version, events: events.map((event) => this.#skimmed(event)) };
  }

  /** The connection breaks; `open` resumes it. */
  cut(error: DepwatchError = expiredError('cut')): void {
    if (this.isStopped || !this.#isOpen) return;
    this.#isOpen = false;
    this.#decoded = undefined;
    this.#sink.retrying(error, 100);
  }

  end(error: DepwatchError): void {
    this.isStopped = true;
    this.#sink.ended(error);
  }

  /** The kind is gone: an empty state takes the place of what there was. */
  vanish(error: DepwatchError): void {
    this.#isOpen = false;
    this.#version = undefined;
    this.#sink.gone(error);
    this.#sink.store.discard();
    this.#told(this.#sink.store.commit());
    this.#sink.retrying(error, 0);
  }

  #skimmed(event: WatchEvent): WatchEvent {
    const { wanted } = this.#sink;
    if (event.type === 'BOOKMARK' || !wanted) return event;
    const metadata = { ...event.object.metadata };
    return { ...event, object: wanted(metadata) ? event.object : { metadata } };
  }

  #told(changes: Parameters<Sink['changed']>[0]): void {
    if (changes.length > 0) this.#sink.changed(changes);
  }

  #eventOf({ version, before, after }: Write): WatchEvent | undefined {
    const was = before !== undefined && isWatched(this.watched, before);
    const is = after !== undefined && isWatched(this.watched, after);
    if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: after };
    if (!was) return undefined;
    const metadata = { ...before.metadata, resourceVersion: `${version}` };
    return { type: 'DELETED', object: { ...before, metadata } };
  }
}

function lastVersion(events: readonly WatchEvent[]): string {
  const last = events.at(-1)!;
  return last.type === 'BOOKMARK' ? last.resourceVersion : last.object.metadata!.resourceVersion!;
}

/** Whether `a` is older than `b`. */
export function isOlder(a: string | undefined, b: string | undefined): boolean {
  return (compareResourceVersions(a, b) ?? 0) < 0;
}
