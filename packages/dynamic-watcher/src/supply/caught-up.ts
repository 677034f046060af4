import {
  abortedError,
  compareResourceVersions,
  matchesLabelSelector,
  objectIdentifierFrom,
  objectKey,
  parseLabelSelector,
  type KubernetesObject,
  type ObjectIdentifier,
} from '@depwatch/core';
import type { Feed } from './feed.ts';

/**
 * Resolves once each of the feeds that would show an object shows its version or a newer one; a feed that is over, or that
 * can't be seen at all, is waited for no longer. Versions of one resource are ordered numbers (KEP-5504); where they are
 * not, it is the object's own state that has to come, or another one than is shown now, or a watch that began later. What is
 * read at intervals has caught up with all that was written before a read began.
 *
 * @param feeds those that may show it, among others
 * @throws (rejects) the signal's reason
 */
export async function caughtUp(
  feeds: Iterable<Feed>,
  written: KubernetesObject,
  signal: AbortSignal,
): Promise<void> {
  const object = objectIdentifierFrom(written);
  const mayShow = (feed: Feed) => isAbout(feed.watched, object) && shows(feed, written);
  const behind = [...feeds].filter(mayShow);
  await Promise.all(behind.map((feed) => until(feed, shownIn(feed, written), signal)));
}

/**
 * Resolves once none of the feeds shows an object any more that it shows at the call, other than as one that is being deleted.
 * A delete has no version to go by: it is answered with none, or with one from before.
 *
 * @throws (rejects) the signal's reason
 */
export async function caughtUpDelete(
  feeds: Iterable<Feed>,
  deleted: ObjectIdentifier,
  signal: AbortSignal,
): Promise<void> {
  const key = objectKey({ metadata: deleted as { name: string } });
  const mayShow = (feed: Feed) =>
    isAbout(feed.watched, deleted) && feed.store.get(key) !== undefined;
  const showing = [...feeds].filter(mayShow);
  await Promise.all(showing.map((feed) => until(feed, goneFrom(feed, key), signal)));
}

/** Whether the object, as it was written, is among what the feed watches, or was until now. */
function shows({ watched, store }: Feed, written: KubernetesObject): boolean {
  const { selector, name } = watched;
  if (name || !selector || store.get(objectKey(written))) return true;
  return matchesLabelSelector(parseLabelSelector(selector), written.metadata?.labels);
}

/** Whether an object is of the kind, and has the name and the namespace, if any are given. */
function isAbout(watched: ObjectIdentifier, object: ObjectIdentifier): boolean {
  const { kind, group = '', version, name, namespace } = object;
  return (
    watched.kind === kind &&
    (watched.group ?? '') === group &&
    watched.version === version &&
    (!watched.name || watched.name === name) &&
    (!watched.namespace || !namespace || watched.namespace === namespace)
  );
}

/** Whether the feed shows what was written, or what came after it. */
function shownIn(feed: Feed, written: KubernetesObject): () => boolean {
  const key = objectKey(written);
  const wanted = written.metadata!.resourceVersion!;
  const first = feed.store.get(key)?.metadata?.resourceVersion;
  const { source } = feed;
  const begun = source?.reads?.begun ?? 0;
  return () => {
    if (cannotBeSeen(feed)) return true;
    const shown = feed.store.get(key)?.metadata?.resourceVersion;
    if (shown === wanted || (compareResourceVersions(shown, wanted) ?? -1) >= 0) return true;
    const reads = feed.source?.reads;
    if (reads) return reads.shown > (feed.source === source ? begun : 0);
    const order = compareResourceVersions(feed.source?.resourceVersion, wanted);
    if (order !== undefined) return order >= 0;
    // It began after the call, and by a list: nobody goes on from a version that is not in order.
    if (feed.source && feed.source !== source && feed.source === feed.shownBy) return true;
    return feed.wasLive && shown !== first && (compareResourceVersions(shown, wanted) ?? 0) >= 0;
  };
}

/** Whether the feed has seen that the object which it shows now is deleted. */
function goneFrom(feed: Feed, key: string): () => boolean {
  const first = feed.store.get(key)?.metadata;
  return () => {
    if (cannotBeSeen(feed)) return true;
    const shown = feed.store.get(key)?.metadata;
    if (!shown || shown.uid !== first?.uid || shown.deletionTimestamp !== undefined) return true;
    // Where versions alone are kept, another one is all that can be seen of it.
    return shown.name === undefined && shown.resourceVersion !== first?.resourceVersion;
  };
}

function cannotBeSeen({ isOver, state }: Feed): boolean {
  return isOver || state === 'pending';
}

/** Resolves once something is so of a feed, which is looked at whenever that has seen more. */
function until(feed: Feed, isSo: () => boolean, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (isSo()) return resolve();
    if (signal.aborted) return reject(abortedError(signal));
    const onAbort = (): void => {
      unfollow();
      reject(abortedError(signal));
    };
    const unfollow = feed.follow(() => {
      if (!isSo()) return;
      unfollow();
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort);
  });
}
