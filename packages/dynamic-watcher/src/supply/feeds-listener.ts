import type { DepwatchError, ObjectChange, ObjectIdentifier, ScopedGVR } from '@depwatch/core';
import type { Feed } from './feed.ts';

/** Who is told what becomes of feeds: those who demand them. */
export interface FeedsListener {
  /** The cached state changed, before this call. */
  changed(feed: Feed, changes: readonly ObjectChange[]): void;
  /**
   * A feed was refused for good, and is no longer there: its edges have to go within this call.
   *
   * @param wasLive whether it ever worked; if not, who waits for it is told by a rejection
   */
  ended(feed: Feed, wasLive: boolean): void;
  /** Whether somebody depends on it who waits for what is not to be had. */
  waits(feed: Feed): boolean;
  /** It was refused, and is kept for those who wait: the others' edges have to go within this call. */
  refused(feed: Feed, wasLive: boolean): void;
  /** It can be seen from now on, or no longer; for those who wait. */
  available(feed: Feed): void;
  unavailable(feed: Feed): void;
  /**
   * What it was demanded as turns out to mean something else, now that the kind, or another scope of it, is known: its edges have
   * to go there within this call.
   *
   * @param how as it is begun there; undefined where who goes there has been told of what is to be seen there
   */
  moved(from: MovedFeed, to: ObjectIdentifier, how: ScopedGVR | DepwatchError | undefined): void;
}

/** A feed as it was before it went by another identifier. */
export type MovedFeed = Pick<Feed, 'key' | 'id' | 'watched' | 'unavailable'>;
