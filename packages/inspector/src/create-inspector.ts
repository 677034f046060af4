import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { invalidInput, isDepwatchError } from '@depwatch/core';
import type { DynamicWatcher } from '@depwatch/dynamic-watcher';
import { systemClock } from '@depwatch/dynamic-watcher';
import { isCrossSite, mayAct, namesItsHost } from './guard.ts';
import { watchedNow } from './model.ts';
import { Onlookers } from './onlookers.ts';
import type { InspectorOptions } from './options.ts';
import { page } from './page.ts';
import { identifierOf } from './protocol.ts';

/** A dynamic watcher, or what has one, such as a controller. */
export type Inspected = DynamicWatcher | { readonly watcher: DynamicWatcher };

/** A live page of one dynamic watcher, or of several. It listens to nothing by itself: its handler is for a server of yours. */
export interface Inspector {
  /** Answers a request of node:http or node:http2, or what frameworks make of one. Needs no `this`. */
  handler(
    this: void,
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): void;
  /** Forgets all it has seen and ends the streams of those who look on; what is asked from then on is answered with 503. */
  close(): void;
}

const headers = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

const contentSecurityPolicy = [
  `default-src 'none'`,
  `script-src '${page.script}'`,
  `style-src '${page.style}'`,
  `img-src data:`,
  `connect-src 'self'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

/**
 * Makes the inspector of a dynamic watcher, or of a controller's, also before that starts. From then on it keeps the last 1,000
 * reconciles of each; all else only while somebody looks.
 *
 * - `GET path`: the page
 * - `GET path?format=json`: the same as JSON; with `&watched=…`, a key in it, that of one thing as it is now
 * - `GET path?format=events`: what the page is told, as server-sent events
 * - `of=name` with any of these: which one, where there are several; by default the first
 * - `POST path?action=enqueue&id=…`, `?action=relist&id=…`: with `actions`, for the page alone
 *
 * @param inspected one, or several by name
 * @throws DepwatchError ERR_INVALID_INPUT for what cannot be inspected, and for a path without a slash at its beginning
 */
export function createInspector(
  inspected: Inspected | Readonly<Record<string, Inspected>>,
  options: InspectorOptions = {},
): Inspector {
  const { actions = false, path = '/', replicas, clock = systemClock } = options;
  if (path && !path.startsWith('/')) throw invalidInput('path: expected a slash at its beginning');
  const token = actions ? randomBytes(24).toString('base64url') : undefined;
  const watchers = watchersOf(inspected);
  const names = [...watchers.keys()];
  const all = new Map(
    [...watchers].map(([name, dynamicWatcher]) => {
      return [name, new Onlookers({ dynamicWatcher, replicas, clock, token, names, name })];
    }),
  );
  const wantedPath = withoutSlash(path);
  let isClosed = false;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const [at, query] = partsOf(request.url ?? '/');
    if (withoutSlash(at) !== wantedPath) return refuse(response, 404, 'nothing is here');
    if (!namesItsHost(request))
      return refuse(response, 403, 'by the loopback interface it answers to localhost alone');
    if (isClosed) return refuse(response, 503, 'the inspector was closed');
    const onlookers = all.get(query.get('of') ?? names[0] ?? '');
    if (!onlookers) return refuse(response, 404, 'of: nothing of this name is inspected');
    if (request.method === 'POST') return act(request, response, query, onlookers);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD, POST');
      return refuse(response, 405, 'this method means nothing here');
    }
    const format = query.get('format');
    if (format === null) return sendPage(request, response);
    if (isCrossSite(request)) return refuse(response, 403, 'another site asked for it');
    if (format !== 'json' && format !== 'events')
      return refuse(response, 400, 'format: expected json or events');
    const watched = query.get('watched');
    if (format === 'json' && watched !== null) return sendRow(response, onlookers, watched);
    const isTaken =
      format === 'json'
        ? onlookers.sendJson(request, response, headers)
        : onlookers.stream(request, response, headers);
    if (!isTaken) refuse(response, 503, 'too many look on at present');
  };
  const act = (
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
    { dynamicWatcher }: Onlookers,
  ): void => {
    request.resume();
    if (!token) return refuse(response, 403, 'this inspector is for reading alone');
    if (!mayAct(request, token)) return refuse(response, 403, 'only the page itself may do that');
    try {
      const id = identifierOf(query.get('id') ?? '');
      const action = query.get('action');
      if (action === 'enqueue') dynamicWatcher.enqueue(id);
      else if (action !== 'relist')
        return refuse(response, 400, 'action: expected enqueue or relist');
      else if (!dynamicWatcher.relist(id))
        return refuse(response, 409, 'there is no watch of it at present to list anew');
      response.writeHead(204, headers).end();
    } catch (error) {
      if (isDepwatchError(error, 'ERR_NOT_STARTED')) return refuse(response, 409, error.message);
      refuse(
        response,
        400,
        isDepwatchError(error) ? error.message : 'id: expected a key of the page',
      );
    }
  };
  return {
    handler(request, response) {
      try {
        // What HTTP/2 has differs in little, which is looked at where it does.
        answer(request as IncomingMessage, response as ServerResponse);
      } catch {
        // A request that can't be read; its server must not fall by it.
        if (!response.headersSent)
          refuse(response as ServerResponse, 400, 'the request cannot be read');
        else response.destroy();
      }
    },
    close() {
      isClosed = true;
      for (const onlookers of all.values()) onlookers.close();
    },
  };
}

/** By their names; the empty one where there is only one. Several are told from one by what they are: it has other things in it. */
function watchersOf(
  inspected: Inspected | Readonly<Record<string, Inspected>>,
): ReadonlyMap<string, DynamicWatcher> {
  const parts: readonly (readonly [string, unknown])[] = Object.entries(inspected ?? {});
  const named = parts.map(([name, part]) => [name, watcherOf(part)] as const);
  const isNamed = named.length > 0 && named.every(([, one]) => one);
  const watchers = isNamed ? named : ([['', watcherOf(inspected)]] as const);
  return new Map(
    watchers.map(([name, one]) => {
      if (one) return [name, one];
      throw invalidInput('inspected: expected a dynamic watcher, a controller, or several by name');
    }),
  );
}

function watcherOf(part: unknown): DynamicWatcher | undefined {
  if (observes(part)) return part;
  const inner = (part as { readonly watcher?: unknown } | null | undefined)?.watcher;
  return observes(inner) ? inner : undefined;
}

function observes(part: unknown): part is DynamicWatcher {
  return typeof (part as Partial<DynamicWatcher> | null | undefined)?.observe === 'function';
}

function sendPage(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy,
  });
  response.end(request.method === 'HEAD' ? undefined : page.html);
}

/** What is known now of one thing that is watched. */
function sendRow(response: ServerResponse, { dynamicWatcher }: Onlookers, key: string): void {
  const row = watchedNow(dynamicWatcher, key);
  if (!row) return refuse(response, 404, 'watched: it is not watched');
  sendJson(response, 200, row);
}

function refuse(response: ServerResponse, status: number, why: string): void {
  sendJson(response, status, { error: why });
}

function sendJson(response: ServerResponse, status: number, what: object): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json; charset=utf-8' });
  response.end(`${JSON.stringify(what)}\n`);
}

/**
 * The path and the query of a request, as they were sent: a path that were made another one, as `..` is, would be here what it
 * is not to who checks paths in front of it.
 */
function partsOf(url: string): [path: string, query: URLSearchParams] {
  const end = url.indexOf('?');
  if (end < 0) return [url, new URLSearchParams()];
  return [url.slice(0, end), new URLSearchParams(url.slice(end))];
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
