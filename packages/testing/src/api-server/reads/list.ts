import { formatContinueToken, parseContinueToken } from '../store/continue-token.ts';
import { encodeList, type Encoding } from '../http/encode.ts';
import type { ListOptions } from './list-options.ts';
import type { Resource } from '../store/registry.ts';
import type { ObjectFilter } from './selectors.ts';
import { badRequest, expiredContinue, expiredList } from '../http/status.ts';
import { type StoredObject, storageKey } from '../store/store.ts';
import type { HubVersions } from '../watches/watch-hub.ts';

/** A list or one page of it. */
export interface ListResult {
  readonly items: readonly StoredObject[];
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
}

/**
 * Lists objects as they were at one version: now, at the version asked for exactly, or at that of the first page.
 *
 * @throws StatusError 400 for a bad token or combination, 410 when the version is no longer in the history
 */
export function listObjects(
  { table, type }: Resource,
  namespace: string,
  filter: ObjectFilter,
  options: ListOptions,
  { current, read }: HubVersions,
): ListResult {
  const { limit, continueToken, resourceVersion } = options;
  const position = continueToken === '' ? undefined : parseContinueToken(continueToken);
  if (position && resourceVersion !== undefined && resourceVersion !== 0) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const exact = position ? position.version : exactVersion(options);
  if (exact !== undefined && exact < table.oldestVersion) {
    throw position
      ? expiredContinue(formatContinueToken({ version: undefined, start: `/${position.start}` }))
      : expiredList();
  }
  const version = exact ?? Math.max(read, table.oldestVersion);
  const prefix = namespace && `${namespace}/`;
  let items: StoredObject[];
  if (version >= current && filter.name !== undefined && (prefix || !type.namespaced)) {
    const stored = table.get(storageKey(namespace, filter.name));
    items = stored ? [stored] : [];
  } else {
    items = table.listAt(version, prefix);
  }
  if (position) items = items.filter(({ key }) => key.slice(prefix.length) >= position.start);
  // The reading from the cache, which version 0 asks for, has no pages.
  const paged = limit > 0 && !(resourceVersion === 0 && !position);
  const matching = filter.all ? items : items.filter((stored) => filter.matches(stored));
  const metadata = { resourceVersion: String(version) };
  if (!paged || matching.length <= limit) return { items: matching, metadata };
  const page = matching.slice(0, limit);
  return {
    items: page,
    metadata: {
      ...metadata,
      continue: formatContinueToken({ version, start: tokenStart(page, prefix) }),
      // How many more a selector would match the real server doesn't know, so it doesn't say.
      ...(filter.all && { remainingItemCount: matching.length - limit }),
    },
  };
}

/** {@link listObjects} as the body of an answer. */
export function encodeListResult({ items, metadata }: ListResult, encoding: Encoding): string {
  return encodeList(items, metadata, encoding);
}

/** The version that must be shown as it was, if any; a limit makes it so, too. */
function exactVersion({
  resourceVersion,
  resourceVersionMatch,
  limit,
}: ListOptions): number | undefined {
  if (resourceVersion === undefined || resourceVersion === 0) return undefined;
  const legacy = resourceVersionMatch === '' && limit > 0;
  return resourceVersionMatch === 'Exact' || legacy ? resourceVersion : undefined;
}

function tokenStart(page: readonly StoredObject[], prefix: string): string {
  return `/${page.at(-1)!.key.slice(prefix.length)}\0`;
}
