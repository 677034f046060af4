import type { DepwatchError, ObjectIdentifier, ScopedGVR } from '@depwatch/core';
import type { Collection } from './collection.ts';
import type { LackingOptions } from './lacking.ts';
import type { ResumableSource, Sink } from '../sources/source.ts';

/** What a {@link Collection} tells its owner of. */
export interface CollectionListener {
  /** It is up to date, for the first time or again; who could join has joined. */
  live(collection: Collection): void;
  /** Its one watch is retried, in so many milliseconds at the earliest; its feeds know. */
  retrying(collection: Collection, error: DepwatchError, ms: number): void;
  /** It was given up for good: all its feeds have watches of their own by now. */
  ended(collection: Collection, error: DepwatchError): void;
  /** Changes came while it was live, and feeds are about so many of them. */
  distributed(received: number, wanted: number): void;
  /** The last feed has left, and none is on its way in; it runs on until it is closed. */
  emptied(collection: Collection): void;
}

/** What {@link Collection}s are made of. */
export interface CollectionContext {
  /** Whether metadata alone is asked for, so that nobody needs whole objects. */
  readonly metadataOnly: boolean;
  readonly listener: CollectionListener;
  /** How what was dropped is fetched for many at once. */
  readonly lists: LackingOptions['context'];
  /** A watch, of all objects of the collection or of what one feed is about; not started. */
  createSource(sink: Sink, watched: ObjectIdentifier, gvr: ScopedGVR): ResumableSource;
}
