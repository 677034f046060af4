import { encodeBookmark, encodeErrorEvent, encodeEvent, type Encoding } from '../http/encode.ts';
import type { ObjectFilter } from '../reads/selectors.ts';
import { type StatusError, tooOldVersion } from '../http/status.ts';
import {
  type Change,
  type StoredObject,
  type Table,
  storageKey,
  withVersion,
} from '../store/store.ts';

/** Where the lines of a watch go. */
export interface WatchSink {
  write(line: Buffer): void;
  /** Ends the stream cleanly; nothing is written after it. */
  end(): void;
}

/** What a client asked to watch. */
export interface WatchRequest {
  /** `""`: all namespaces, or a cluster-scoped resource. */
  readonly namespace: string;
  readonly filter: ObjectFilter;
  readonly encoding: Encoding;
  readonly bookmarks: boolean;
}

/** Where a watch starts: with the state of now, or after a version. */
export type WatchStart =
  | { readonly from: 'now'; readonly initialEventsEnd: boolean }
  | { readonly from: 'version'; readonly version: number };

/** Where the counter of versions stands. */
export interface HubVersions {
  /** The version of the last write. */
  readonly current: number;
  /** The version of the state that a read shows. */
  readonly read: number;
}

/** An open watch. */
export interface Watch {
  readonly request: WatchRequest;
  readonly sink: WatchSink;
  /** Changes up to this version are not for it. */
  readonly after: number;
}

/**
 * The open watches of one resource. A change is looked up by name and by namespace, so that it costs as much as there
 * are watches that want it, not as there are watches; and it is encoded once for all that get the same line.
 */
export class WatchHub {
  readonly #table: Table;
  readonly #versions: () => HubVersions;
  readonly #watches = new Set<Watch>();
  readonly #byScope = new Map<string, Set<Watch>>();

  constructor(table: Table, versions: () => HubVersions) {
    this.#table = table;
    this.#versions = versions;
    table.listen((change) => this.#publish(change));
  }

  get size(): number {
    return this.#watches.size;
  }

  /** All open watches. */
  watches(): Iterable<Watch> {
    return this.#watches;
  }

  /**
   * Opens a watch and writes what it starts with.
   *
   * @returns the watch, to be closed with {@link close}; undefined when it ended at once, with an ERROR line
   */
  open(request: WatchRequest, start: WatchStart, sink: WatchSink): Watch | undefined {
    const { encoding, filter } = request;
    const { current, read } = this.#versions();
    const lines: Buffer[] = [];
    // The history may begin after a stale version.
    const since = start.from === 'now' ? Math.max(read, this.#table.oldestVersion) : start.version;
    if (start.from === 'now') {
      for (const stored of this.#state(request, since)) {
        if (filter.matches(stored)) lines.push(encodeEvent('ADDED', stored, encoding));
      }
      if (start.initialEventsEnd) lines.push(encodeBookmark(String(since), true, encoding));
    } else if (since < this.#table.oldestVersion) {
      endWithError(sink, tooOldVersion(since, this.#table.oldestVersion));
      return undefined;
    }
    for (const change of this.#table.changesAfter(since)) {
      if (request.namespace && change.current.namespace !== request.namespace) continue;
      const type = eventType(change, filter);
      if (type) lines.push(encodeChange(type, change, encoding));
    }
    // A version that is still to come is waited for; what leads up to it is not shown.
    const after = Math.max(since, current);
    if (lines.length > 0) sink.write(Buffer.concat(lines));
    const watch: Watch = { request, sink, after };
    this.#watches.add(watch);
    const scope = scopeOf(request);
    const set = this.#byScope.get(scope);
    if (set) set.add(watch);
    else this.#byScope.set(scope, new Set([watch]));
    return watch;
  }

  /** Forgets a watch; its sink is the caller's to end. */
  close(watch: Watch): void {
    this.#watches.delete(watch);
    const scope = scopeOf(watch.request);
    const set = this.#byScope.get(scope);
    set?.delete(watch);
    if (set?.size === 0) this.#byScope.delete(scope);
  }

  /** Sends a watch the current version, if it wants bookmarks. */
  bookmark(watch: Watch): void {
    const version = this.#versions().current;
    if (!watch.request.bookmarks || version < watch.after) return;
    watch.sink.write(encodeBookmark(String(version), false, watch.request.encoding));
  }

  #state(
    { namespace, filter: { name }, encoding }: WatchRequest,
    version: number,
  ): Iterable<StoredObject> {
    if (name === undefined || (encoding.type.namespaced && !namespace)) {
      return this.#table.listAt(version, namespace && `${namespace}/`);
    }
    const stored = this.#table.getAt(version, storageKey(namespace, name));
    return stored ? [stored] : [];
  }

  #publish(change: Change): void {
    const { namespace, name } = change.current;
    // A line is made once for each version and representation in which somebody wants it.
    const lines = new Map<string, Buffer>();
    for (const scope of namespace
      ? ['', namespace, `/${name}`, `${namespace}/${name}`]
      : ['', `/${name}`]) {
      for (const watch of this.#byScope.get(scope) ?? []) this.#send(watch, change, lines);
    }
  }

  #send(watch: Watch, change: Change, lines: Map<string, Buffer>): void {
    if (change.version <= watch.after) return;
    const { encoding } = watch.request;
    const type = eventType(change, watch.request.filter);
    if (!type) return;
    const key = `${type} ${encoding.version} ${encoding.representation}`;
    let line = lines.get(key);
    if (!line) lines.set(key, (line = encodeChange(type, change, encoding)));
    watch.sink.write(line);
  }
}

/** Ends a stream with an ERROR line. */
export function endWithError(sink: WatchSink, error: StatusError): void {
  sink.write(encodeErrorEvent(error.body));
  sink.end();
}

/**
 * What a change is to a watch: an object that starts to match appears, one that stops to match disappears.
 */
function eventType(
  { type, current, previous }: Change,
  filter: ObjectFilter,
): 'ADDED' | 'MODIFIED' | 'DELETED' | undefined {
  const now = type !== 'DELETED' && (filter.all || filter.matches(current));
  const before = previous !== undefined && (filter.all || filter.matches(previous));
  if (now) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}

function encodeChange(
  type: 'ADDED' | 'MODIFIED' | 'DELETED',
  change: Change,
  encoding: Encoding,
): Buffer {
  // What disappears from a selector is shown as it last matched, with the version of the change.
  const stored =
    type === 'DELETED' && change.type !== 'DELETED'
      ? withVersion(change.previous!, change.version)
      : change.current;
  return encodeEvent(type, stored, encoding);
}

/** Namespace and name as far as the watch is narrowed to them; injective, since neither holds a `/`. */
function scopeOf({ namespace, filter }: WatchRequest): string {
  const within = namespace || filter.namespace || '';
  return filter.name === undefined ? within : `${within}/${filter.name}`;
}
