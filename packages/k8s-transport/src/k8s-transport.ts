import {
  checkCallOptions,
  checkRecord,
  type ObjectClient,
  type ResourceQuery,
  type Transport,
} from '@depwatch/core';

import type { ApiRequest } from './api-request.ts';
import { ApiServer } from './api-server.ts';
import { ContentTypes } from './content-type.ts';
import { shapeOf } from './answers/decode.ts';
import { checkRequest } from './check-request.ts';
import { discover } from './discovery.ts';
import { list } from './list.ts';
import { createObjectClient } from './objects/object-client.ts';
import { settingsFrom, type K8sTransportOptions } from './options.ts';
import { probe } from './probe.ts';
import { resourcePath } from './request-url.ts';
import { servedKinds } from './served-kinds.ts';
import { WatchStream } from './watch-stream.ts';

/** A {@link Transport} and an {@link ObjectClient} that can, and should, be closed. */
export interface K8sTransport extends Transport, ObjectClient, AsyncDisposable {
  /**
   * Ends every call, which fails with ERR_TRANSPORT (not retryable) as later ones do, and closes every connection.
   * It may be called again.
   */
  close(): Promise<void>;
}

/**
 * A Transport, and an ObjectClient, to the API server of a kubeconfig's current context. Nothing is sent, read or started
 * before its first call; a watch is sent by the first `next()`.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function createK8sTransport(options: K8sTransportOptions): K8sTransport {
  const api = new ApiServer(settingsFrom(options));
  const contentTypes = new ContentTypes();

  const watch: Transport['watch'] = (query, watchOptions) => {
    try {
      checkRequest(query, watchOptions);
    } catch (error) {
      return failing(error);
    }
    const request = (): ApiRequest => ({
      path: watchPath(query, watchOptions),
      signal: watchOptions.signal,
      mayBeSilent: true,
      ...contentTypes.for(query, 'watch'),
    });
    const shape = shapeOf(query.gvk, query.metadataOnly);
    // Of metadata alone there is nothing to leave out.
    const wanted = query.metadataOnly ? undefined : watchOptions.wanted;
    return new WatchStream(api, query, shape, request, wanted);
  };
  return {
    announcesAcceptance: true,
    discover: async (gvk, discoverOptions) => {
      checkRecord('options', discoverOptions);
      checkCallOptions(discoverOptions);
      return discover(api, gvk, discoverOptions.signal);
    },
    list: async (query, listOptions) => {
      checkRequest(query, listOptions);
      return list(api, contentTypes, query, listOptions);
    },
    watch,
    ...createObjectClient(api),
    servedKinds: ({ known, signal }) => servedKinds(api, known, signal),
    probe: ({ signal }) => probe(api, signal),
    close: () => api.close(),
    [Symbol.asyncDispose]: () => api.close(),
  };
}

/** A watch that can't be: its first `next()` says why, as of one that the server refuses. */
async function* failing(error: unknown): AsyncGenerator<never, undefined> {
  yield await Promise.reject<never>(error);
}

function watchPath(query: ResourceQuery, options: Parameters<Transport['watch']>[1]): string {
  const { initialEvents, resourceVersion, timeoutMs } = options;
  const timeoutSeconds =
    timeoutMs === undefined ? undefined : Math.max(1, Math.ceil(timeoutMs / 1000));
  return resourcePath(query, {
    // As client-go has it; some servers understand no other truth.
    watch: true,
    allowWatchBookmarks: true,
    timeoutSeconds,
    ...(initialEvents
      ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
      : { resourceVersion }),
  });
}
