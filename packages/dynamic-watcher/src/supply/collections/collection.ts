import {
  compareResourceVersions,
  DepwatchError,
  isRefusal,
  type KubernetesObject,
  type ObjectChange,
  type ObjectIdentifier,
  type ObjectMeta,
  type ObjectStore,
  type ReflectorOrigin,
  type ScopedGVR,
} from '@depwatch/core';
import type { CollectionContext } from './collection-context.ts';
import { CollectionObjects } from './collection-objects.ts';
import type { Feed, Handover } from '../feed.ts';
import { handOn } from './hand-on.ts';
import { Joining } from './joining.ts';
import { Membership } from './membership.ts';
import { Parting } from './parting.ts';
import { rescoped } from '../sources/rescoped.ts';
import type { ResumableSource, Sink } from '../sources/source.ts';

/**
 * One watch, of all objects of a namespace or of a kind, that serves many feeds. A feed joins once the collection shows what
 * the feed is about in no older a state than the feed does, and leaves from the version that it was shown: no change is
 * lost on the way, none is told twice, no version goes back.
 */
export class Collection implements Sink {
  readonly servedBy: 'namespace' | 'kind';
  readonly gvr: ScopedGVR;
  readonly source: ResumableSource;
  readonly #context: CollectionContext;
  readonly #objects: CollectionObjects;
  readonly #joined = new Set<Membership>();
  readonly #joining: Joining;
  readonly #parting = new Parting({
    joined: this.#joined,
    version: () => (this.#isLive && !this.#isOver ? this.resourceVersion : undefined),
    serveApart: (membership, version, handover) => this.#serveApart(membership, version, handover),
    done: () => this.#checkEmpty(),
  });
  readonly #followed = new Set<Feed>();
  #isParting = false;
  #hasBegun = false;
  #isLive = false;
  /** Whether the server has denied its kind. */
  #isGone = false;
  /** Whether it is refused after it was live, which may pass. */
  #isRefused = false;
  #isOver = false;
  #received = 0;
  #wanted = 0;

  /** @param watched the kind, and the namespace if it is one's: neither name nor selector */
  constructor(watched: ObjectIdentifier, gvr: ScopedGVR, context: CollectionContext) {
    this.servedBy = watched.namespace && gvr.namespaced ? 'namespace' : 'kind';
    this.gvr = gvr;
    this.#context = context;
    this.#objects = new CollectionObjects(context.metadataOnly);
    this.source = context.createSource(this, watched, gvr);
    this.#joining = new Joining({
      objects: this.#objects,
      lists: context.lists,
      query: () => this.source.query,
      version: () => this.resourceVersion,
      isOpen: () => this.#isOpen,
      settle: (memberships) => this.settle(memberships),
      watchApart: (feed) => this.#watchApart(feed),
    });
  }

  get store(): ObjectStore<KubernetesObject> {
    return this.#objects.store;
  }

  get wanted(): ((metadata: ObjectMeta) => boolean) | undefined {
    return this.#context.metadataOnly ? undefined : (metadata) => this.#objects.wants(metadata);
  }

  get resourceVersion(): string | undefined {
    return this.source.resourceVersion;
  }

  /** Whether somebody waits for its kind to be served. */
  get waits(): boolean {
    for (const { feed } of this.#joined) if (feed.waits) return true;
    return this.#joining.all().some(({ feed }) => feed.waits);
  }

  /** How many objects there are. */
  get size(): number {
    return this.store.size;
  }

  /** Whether its watch shows what there is: nothing, as long as the kind is gone. */
  get isLive(): boolean {
    return this.#isLive || this.#isGone;
  }

  /** How many feeds it serves. */
  get joined(): number {
    return this.#joined.size;
  }

  /** How many feeds have no watch of their own because of it: those it serves, and those that wait for it to be live. */
  get served(): number {
    return this.#joined.size + this.#joining.waiting;
  }

  /** Whether no feed is in, or on its way in or out. */
  get isEmpty(): boolean {
    return this.#joined.size + this.#joining.size + this.#parting.size === 0;
  }

  /** How many changes it was told of while it was live, and how many of them some feed is about. */
  get events(): { readonly received: number; readonly wanted: number } {
    return { received: this.#received, wanted: this.#wanted };
  }

  start(): void {
    this.source.start();
  }

  /** Ends it. Feeds that are still in it are not served from now on. */
  close(): void {
    this.#isOver = true;
    this.#joining.close();
    this.source.stop();
  }

  /** Ends it. Who is still in it goes on with a watch of its own, from what it was shown. */
  release(): void {
    const version = this.resourceVersion;
    this.close();
    for (const membership of [...this.#joined]) this.#serveApart(membership, version);
    for (const { feed } of this.#joining.all())
      if (isOf(this, feed.handover)) feed.handover = undefined;
  }

  /** Ends it since its kind is served in another scope; each of its feeds begins anew, with a watch of its own. */
  dissolve(): void {
    this.#giveUp(rescoped);
  }

  /**
   * Has a feed join, at once or as soon as that is safe. One that has a source keeps it until then; one that has none waits
   * while the collection comes up, and gets a watch of its own where its objects were dropped.
   */
  join(feed: Feed): void {
    if (isOf(this, feed.source) || isOf(this, feed.handover)) return;
    feed.handover?.withdraw();
    const membership = new Membership(this, feed);
    if (this.#isOver || this.#isParting) return this.#serveApart(membership);
    feed.handover = membership;
    this.#objects.add(membership);
    this.#joining.add(membership);
    if (!feed.source) {
      if (this.#isRefused) this.#joining.waitElsewhere(membership);
      else if (this.#hasBegun) feed.begun();
    }
    this.settle([membership]);
  }

  /** Its feeds go back to watches of their own, from the next version on; `emptied` tells when that is done. */
  part(): void {
    if (this.#isParting) return;
    this.#isParting = true;
    for (const membership of this.#joining.all()) this.#serveApart(membership);
    this.#checkEmpty();
  }

  /** Has those join for whom that is safe by now. */
  settle(memberships: Iterable<Membership>): void {
    if (!this.#isOpen) return;
    const shown = [...memberships].flatMap((membership) => this.#take(membership) ?? []);
    // Told once all of them show it: a reconcile may read what another feed shows.
    for (const { membership, changes } of shown) {
      const { feed } = membership;
      if (changes.length > 0 && !feed.isOver) feed.changed(changes);
      if (membership.isJoined) feed.live();
    }
  }

  /** Lets go of a feed: it has ended, or is served otherwise. */
  leave(membership: Membership): void {
    const { feed } = membership;
    if (feed.handover === membership) feed.handover = undefined;
    if (!this.#forget(membership)) return;
    this.#checkEmpty();
  }

  /** Tells a feed of each version. */
  follow(feed: Feed): void {
    this.#followed.add(feed);
  }

  begun(): void {
    this.#hasBegun = true;
    this.#joining.begun();
  }

  live(): void {
    const version = this.resourceVersion;
    if (compareResourceVersions(version, version) === undefined) return this.#giveUp(unordered);
    if (this.#isRescoped) return this.#giveUp(rescoped);
    this.#isLive = true;
    this.#isGone = false;
    this.#isRefused = false;
    for (const membership of [...this.#joined]) {
      if (membership.isJoined && membership.feed.state !== 'live') membership.feed.live();
    }
    this.settle(this.#joining.all());
    if (this.#isOver) return;
    this.#context.listener.live(this);
    if (this.#isParting) this.#parting.next();
  }

  retrying(error: DepwatchError, ms: number): void {
    this.#isLive = false;
    // What all may not do, one may, whose name a Role has.
    this.#isRefused = isRefusal(error);
    for (const { feed } of [...this.#joined]) feed.disturbed(error, ms);
    this.#joining.retrying(error, ms, this.#isRefused);
    // Once their states say so: whoever reads the log may look at them.
    this.#context.listener.retrying(this, error, ms);
  }

  changed(changes: readonly ObjectChange[]): void {
    if (this.#isRescoped) return this.#giveUp(rescoped);
    const { told, concerned, unserved, wanted } = handOn(changes, this.#objects);
    this.#objects.applied(changes);
    this.#joining.concerned(concerned);
    // What a list shows is no event.
    if (this.#isLive) {
      this.#received += changes.length;
      this.#wanted += wanted;
      this.#context.listener.distributed(changes.length, wanted);
    }
    // Also to those that are served otherwise by now: what was applied is not told again.
    for (const [{ feed }, its] of told) if (!feed.isOver) feed.changed(its);
    for (const membership of unserved) {
      if (!membership.isJoined) continue;
      this.#serveApart(membership);
      if (!membership.feed.handover) this.join(membership.feed);
    }
    if (!this.store.versionsMove) this.#giveUp(unordered);
  }

  advanced(): void {
    this.#joining.advanced();
    for (const feed of [...this.#followed]) {
      if (feed.isFollowed && isOf(this, feed.source)) feed.advanced();
      else this.#followed.delete(feed);
    }
    if (this.#isParting) this.#parting.next();
  }

  gone(error: DepwatchError): void {
    this.#isGone = true;
    for (const { feed } of [...this.#joined]) feed.gone(error);
  }

  ended(error: DepwatchError): void {
    this.#end(error, this.resourceVersion);
  }

  #end(error: DepwatchError, version?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#joining.close();
    for (const membership of [...this.#joined]) this.#serveApart(membership, version);
    for (const membership of this.#joining.all()) this.#serveApart(membership);
    this.#context.listener.ended(this, error);
  }

  /** It can't serve several feeds as their own watches would. */
  #giveUp(error: DepwatchError): void {
    this.source.stop();
    this.#end(error);
  }

  /** Whether the kind has come to be served in another scope, so that its objects go by other names. */
  get #isRescoped(): boolean {
    return this.source.query.gvr.namespaced !== this.gvr.namespaced;
  }

  /** Whether it shows what there is, so that feeds may join. */
  get #isOpen(): boolean {
    return this.#isLive && !this.#isOver && this.store.stagedSize === 0;
  }

  /** Takes a feed in, if that is safe. @returns what that changes for it; undefined where it has to wait */
  #take(membership: Membership): Shown | undefined {
    const { feed } = membership;
    if (feed.handover !== membership) return undefined;
    const objects = this.#joining.shown(membership);
    if (!objects) return undefined;
    feed.source?.stop();
    this.#joining.delete(membership);
    this.#joined.add(membership);
    feed.handover = undefined;
    feed.source = membership;
    feed.showed();
    if (feed.isFollowed) this.follow(feed);
    if (!feed.hasBegun) feed.begun();
    try {
      feed.store.discard();
      feed.store.stage(objects);
      const changes = feed.store.commit();
      // Of a new feed they are told to nobody, and thousands may come in at once.
      return { membership, changes: feed.wasLive ? changes : [] };
    } catch {
      // It can't be kept: its own watch reports that.
      this.#serveApart(membership);
      return undefined;
    }
  }

  /** The feed gets a watch of its own, if it has none; one that was in goes on from `version`, if there is one. */
  #serveApart(membership: Membership, version?: string, handover?: Handover): void {
    const { feed } = membership;
    const { isJoined } = membership;
    this.#forget(membership);
    // Another collection that is to take it over still is.
    if (handover || feed.handover === membership) feed.handover = handover;
    if (isJoined || !feed.source) this.#watchApart(feed, isJoined && { resourceVersion: version });
  }

  #watchApart(feed: Feed, from: ReflectorOrigin | false = false): void {
    const { gvr } = this.source.query;
    const own = this.#context.createSource(feed, feed.watched, gvr);
    feed.source = own;
    feed.showed();
    own.start(from || undefined);
  }

  /** @returns whether it was in, or on its way */
  #forget(membership: Membership): boolean {
    const wasIn = this.#joined.delete(membership);
    if (!this.#joining.delete(membership) && !wasIn) return false;
    if (!this.#isOver) this.#objects.delete(membership);
    return true;
  }

  #checkEmpty(): void {
    if (!this.#isOver && this.isEmpty) this.#context.listener.emptied(this);
  }
}

/** What a feed shows from now on that joined, and how that differs from what it showed. */
interface Shown {
  readonly membership: Membership;
  readonly changes: readonly ObjectChange[];
}

function isOf(collection: Collection, part: unknown): boolean {
  return part instanceof Membership && part.collection === collection;
}

const unordered = new DepwatchError(
  'ERR_TRANSPORT',
  'the versions of its objects are not in order, so that nobody can change from one watch to another',
  { reason: 'protocol' },
);
