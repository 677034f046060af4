import {
  describeRequest,
  errorFromStatus,
  type KubernetesStatus,
  type ListPage,
  type ResourceQuery,
} from '@depwatch/core';

import type { ObjectHistory } from '../objects/object-history.ts';
import { selectionOf } from './selection.ts';
import {
  badRequest,
  expiredContinue,
  expiredVersion,
  tooLargeVersion,
} from '../answers/statuses.ts';

/** The options of {@link Transport.list} that decide what a page shows. */
export interface PageOptions {
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
}

/**
 * One page of a list, by the rules of the real server: with a limit an exact version or the newest state, the rest
 * of it at the version of the first page; without a limit a version is a lower bound.
 *
 * @param newest the version to show where none is asked for
 */
export function listPage(
  history: ObjectHistory,
  storage: string,
  query: ResourceQuery,
  options: PageOptions,
  newest = history.version,
): ListPage {
  const selection = selectionOf(query);
  const refuse = (status: KubernetesStatus) =>
    errorFromStatus(status, describeRequest('list', query));
  const { version, start } = startOfPage();
  const selected = history
    .snapshot(storage, version)
    .filter(([key, object]) => key >= start && selection.selects(object));
  const limit = options.limit || Infinity;
  const next = selected[limit]?.[0];
  return {
    items: selected.slice(0, limit).map(([, object]) => selection.handOut(object)),
    resourceVersion: String(version),
    ...(next !== undefined && {
      continue: formatToken({ version, start: next }),
      // As the real server, which does not count what a selection leaves out.
      ...(!query.name && !query.selector && { remaining: selected.length - limit }),
    }),
  };

  function startOfPage(): Token {
    if (options.continue) {
      const token = parseToken(options.continue);
      if (!token) throw refuse(badRequest('continue key is not valid'));
      if (options.resourceVersion && options.resourceVersion !== '0') {
        throw refuse(badRequest('specifying resource version is not allowed when using continue'));
      }
      if (token.version < history.compacted) throw refuse(expiredContinue());
      return token;
    }
    const asked = parseVersion(options.resourceVersion);
    if (asked === undefined) throw refuse(invalidVersion(options.resourceVersion));
    if (asked > newest) throw refuse(tooLargeVersion(asked, newest));
    if (!options.limit || asked === 0) return { version: newest, start: '' };
    if (asked < history.compacted) throw refuse(expiredVersion(asked, history.compacted));
    return { version: asked, start: '' };
  }
}

/** 0 where none is given: the newest state for a list, the current state for a watch. Undefined for what is no version. */
export function parseVersion(text: string | undefined): number | undefined {
  if (!text) return 0;
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

export function invalidVersion(text: string | undefined): KubernetesStatus {
  return badRequest(`Invalid value: ${JSON.stringify(text)}: resourceVersion is no number`);
}

interface Token {
  readonly version: number;
  /** The key of the first object of the page. */
  readonly start: string;
}

function formatToken({ version, start }: Token): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start })).toString(
    'base64url',
  );
}

function parseToken(text: string): Token | undefined {
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString()) as {
      rv?: unknown;
      start?: unknown;
    };
    if (typeof rv === 'number' && typeof start === 'string') return { version: rv, start };
  } catch {
    // Not ours; the caller says so.
  }
  return undefined;
}
