import { objectIdentifierKey, type ObjectIdentifier } from './object-identifier.ts';

/**
 * What a query batch of one watcher has asked for, and what the watcher depended on when it began. When the batch ends
 * this says what the watcher is to depend on from then on; after a failure half-way that is both, so that a change in either
 * wakes it.
 */
export interface QueryBatchRecord {
  /** Notes a query; one that fails counts as well, since its answer may change. */
  ask(query: ObjectIdentifier): void;
  /** After a commit: what was asked for. */
  asked(): readonly ObjectIdentifier[];
  /** After an abort: what was there before. */
  before(): readonly ObjectIdentifier[];
  /** Whether the watcher depended on it when the batch began. */
  had(query: ObjectIdentifier): boolean;
}

/** A batch that begins now, by a watcher that depends on `before`. */
export function createQueryBatchRecord(before: readonly ObjectIdentifier[]): QueryBatchRecord {
  const had = byKey(before);
  const asked = new Map<string, ObjectIdentifier>();
  return {
    ask: (query) => void asked.set(objectIdentifierKey(query), query),
    asked: () => [...asked.values()],
    before: () => [...had.values()],
    had: (query) => had.has(objectIdentifierKey(query)),
  };
}

function byKey(identifiers: readonly ObjectIdentifier[]): Map<string, ObjectIdentifier> {
  return new Map(identifiers.map((identifier) => [objectIdentifierKey(identifier), identifier]));
}
