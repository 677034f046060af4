import {
  ObjectStore,
  keepVersion,
  objectIdentifierKey,
  DepwatchError,
  type KubernetesObject,
  type ObjectChange,
  type ObjectIdentifier,
  type ScopedGVR,
} from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import type { CollectionContext } from '../../../src/supply/collections/collection-context.ts';
import { Collection } from '../../../src/supply/collections/collection.ts';
import { Feed, type FeedListener } from '../../../src/supply/feed.ts';
import type { Sink } from '../../../src/supply/sources/source.ts';
import { LoggedServer, LoggedSource } from './logged-server.ts';

export const gvr = { group: '', version: 'v1', resource: 'configmaps', namespaced: true };

/** A change as a feed told it: `added a@12`. */
export type Told = string;

/** Feeds of a logged server, each with a source of its own at first, and a collection for them to join. */
export class CollectionBench {
  readonly server = new LoggedServer();
  /** Of all feeds and the collections, in the order in which they were made. */
  readonly sources: LoggedSource[] = [];
  readonly told = new Map<Feed, Told[]>();
  readonly events: string[] = [];
  /** How many changes came in each burst, and how many of them feeds were about. */
  readonly distributed: [number, number][] = [];
  readonly collection: Collection;
  /** Called at each change that a feed tells. */
  onChange: (feed: Feed, changes: readonly ObjectChange[]) => void = () => {};
  /** Called whenever a feed is live. */
  onLive: (feed: Feed) => void = () => {};
  waits = false;
  readonly #metadataOnly: boolean;

  readonly #createSource: CollectionContext['createSource'];

  /** @param createSource of what the sources are; by default they are those of the logged server */
  constructor({
    metadataOnly = false,
    namespace = 'ns',
    createSource,
  }: {
    metadataOnly?: boolean;
    namespace?: string;
    createSource?: CollectionContext['createSource'];
  } = {}) {
    this.#metadataOnly = metadataOnly;
    this.#createSource = createSource ?? ((...args) => this.#logged(...args));
    this.collection = this.open(namespace);
  }

  /** A collection that has been started; its source is the last one by then. */
  open(namespace?: string): Collection {
    const watched = { version: 'v1', kind: 'ConfigMap', ...(namespace && { namespace }) };
    const note = (what: string) => (_: Collection, error?: DepwatchError) =>
      void this.events.push(error ? `${what} ${error.code}` : what);
    const collection = new Collection(watched, gvr, {
      metadataOnly: this.#metadataOnly,
      createSource: this.#createSource,
      // Of a server that has none; only those that come by the score ask for one.
      lists: {
        transport: { list: () => Promise.reject(new Error('no lists here')) } as never,
        clock: createVirtualClock(),
        slots: undefined as never,
        patienceMs: 2500,
        maxSizeFactor: 20,
      },
      listener: {
        live: note('live'),
        retrying: note('retrying'),
        ended: note('ended'),
        emptied: note('emptied'),
        distributed: (received, wanted) => void this.distributed.push([received, wanted]),
      },
    });
    collection.start();
    return collection;
  }

  get source(): LoggedSource {
    return this.collection.source as LoggedSource;
  }

  feed(name: string, namespace = 'ns'): Feed {
    return this.feedOf({ version: 'v1', kind: 'ConfigMap', namespace, name });
  }

  select(selector: string, namespace = 'ns'): Feed {
    return this.feedOf({ version: 'v1', kind: 'ConfigMap', namespace, selector });
  }

  feedOf(watched: ObjectIdentifier): Feed {
    const store = this.#metadataOnly
      ? new ObjectStore(keepVersion, false)
      : new ObjectStore((object) => object);
    const feed = new Feed(objectIdentifierKey(watched), watched, watched, store, 0, this.#listener);
    this.told.set(feed, []);
    return feed;
  }

  /** Gives a feed a source of its own, which is live at a version. */
  own(feed: Feed, version?: number): LoggedSource {
    const source = this.coming(feed);
    source.open(version);
    return source;
  }

  /** The same, but it is not live yet. */
  coming(feed: Feed): LoggedSource {
    const source = this.#logged(feed, feed.watched, gvr);
    feed.source = source;
    source.start();
    return source;
  }

  #logged(sink: Sink, watched: ObjectIdentifier, how: ScopedGVR): LoggedSource {
    const source = new LoggedSource(this.server, sink, watched, how);
    this.sources.push(source);
    return source;
  }

  ownOf(feed: Feed): LoggedSource | undefined {
    return feed.source instanceof LoggedSource ? feed.source : undefined;
  }

  /** What a feed shows, as `a@12`. */
  shown(feed: Feed): string[] {
    return [...feed.store.keys()].map((key) => name(key, feed.store.get(key))).sort();
  }

  toldBy(feed: Feed): readonly Told[] {
    return this.told.get(feed)!;
  }

  /** Nothing depends on it any more. */
  drop(feed: Feed): void {
    feed.end();
    feed.source?.stop();
  }

  readonly #listener: FeedListener = {
    showed: () => {},
    begun: (feed) => void (feed.hasBegun = true),
    live: (feed) => {
      feed.state = 'live';
      feed.detach ??= () => {};
      this.onLive(feed);
    },
    retrying: (feed, error) => {
      this.events.push(`${feed.watched.name} retrying`);
      feed.lastError = error;
      feed.state = 'retrying';
    },
    disturbed: (feed) => void (feed.state = feed.wasLive ? 'retrying' : 'starting'),
    changed: (feed, changes) => {
      if (!feed.wasLive) return;
      this.onChange(feed, changes);
      for (const change of changes) {
        const told = `${change.type} ${name(change.key, change.after ?? change.before)}`;
        this.told.get(feed)!.push(told);
      }
    },
    gone: (feed) => void this.events.push(`${feed.watched.name} gone`),
    ended: (feed) => void this.events.push(`${feed.watched.name} ended`),
    waits: () => this.waits,
    late: () => new DepwatchError('ERR_TRANSPORT', 'late'),
  };
}

function name(key: string, object: KubernetesObject | undefined): string {
  return `${key.slice(key.indexOf('/') + 1)}@${object?.metadata?.resourceVersion}`;
}
