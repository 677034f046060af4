import { expiredError, type DepwatchError } from '../errors.ts';
import type { WatchEvent } from '../ports/transport.ts';
import { compareResourceVersions } from '../resource-version.ts';

/**
 * Whether one of these events is older than what was applied, wherever it stands: its object would go back to what it was, and
 * stay so. A delete may come in the version that its object had, and says nothing.
 */
export function goesBack(events: readonly WatchEvent[], applied: string | undefined): boolean {
  return events.some((event) => event.type !== 'DELETED' && isOlder(event, applied));
}

/** What a server has forgotten, or never knew, no watch can go on from. */
export function wentBack(): DepwatchError {
  return expiredError('the API server is at an older version than it was: its data was restored');
}

/** The version of the last of these events that has one, and none that is older than what was applied. */
export function lastVersion(events: readonly WatchEvent[], applied?: string): string | undefined {
  const last = events.findLast((event) => versionOf(event) && !isOlder(event, applied));
  return last && versionOf(last);
}

function isOlder(event: WatchEvent, applied: string | undefined): boolean {
  return (compareResourceVersions(versionOf(event), applied) ?? 0) < 0;
}

/** An empty version is none. */
function versionOf(event: WatchEvent): string | undefined {
  const isBookmark = event.type === 'BOOKMARK';
  return (isBookmark ? event.resourceVersion : event.object.metadata?.resourceVersion) || undefined;
}
