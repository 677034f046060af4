import {
  abortedError,
  copyObjectIdentifier,
  DepwatchError,
  describeRequest,
  errorFromStatus,
  type GroupVersionKind,
  invalidInput,
  type KubernetesObject,
  type ObjectIdentifier,
  type ResourceQuery,
} from '@depwatch/core';

import { createVirtualClock } from '../virtual-clock.ts';
import type { FakeTransport, FakeTransportOptions, StoredObject } from './fake-transport.ts';
import { Faults } from './faults.ts';
import { Kinds, type ServedKind, usualKinds } from './kinds.ts';
import { listPage, parseVersion } from './list-page.ts';
import { ObjectHistory } from './object-history.ts';
import { ObjectWriter } from './object-writer.ts';
import type { FakeRequest } from './rules.ts';
import { copy } from './selection.ts';
import { methodNotAllowed, noSuchResource } from './statuses.ts';
import { type OpenWatch, WatchHub } from './watch-hub.ts';
import { startWatch } from './watch-start.ts';
import { WatchStream } from './watch-stream.ts';

/**
 * A Transport without a network, for unit tests of controllers: an API server's state and its rules in memory, in
 * virtual time. It waits for nothing but microtasks (no timer, no setImmediate), so the same test always runs the same
 * way, under fake timers, too. A request reaches the server in a microtask after the call.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when an option's kind or object is refused
 */
export function createFakeTransport(options: FakeTransportOptions = {}): FakeTransport {
  const clock = options.clock ?? createVirtualClock();
  const kinds = new Kinds();
  const history = new ObjectHistory();
  const hub = new WatchHub();
  const faults = new Faults(hub);
  const writer = new ObjectWriter(
    history,
    kinds,
    () => clock.now(),
    (change) => hub.publish(change),
  );
  const counts = { discover: 0, list: 0, watch: 0, streaming: 0 };

  for (const kind of usualKinds) kinds.register(kind);
  for (const kind of options.kinds ?? []) kinds.register(kind);
  for (const object of options.objects ?? []) writer.put(object);

  const serve = (verb: 'list' | 'watch', query: ResourceQuery): ServedKind => {
    const served = kinds.byResource(query.gvr);
    if (served?.resource.verbs.includes(verb)) return served;
    const status = served ? methodNotAllowed(verb, query.gvr) : noSuchResource();
    throw errorFromStatus(status, describeRequest(verb, query));
  };

  /** The version that reads show: the newest, unless a test wants an older one that is still known. */
  const shownVersion = (): number =>
    Math.max(history.compacted, faults.staleVersion ?? history.version);

  const open = async (watch: OpenWatch, signal: AbortSignal | undefined): Promise<void> => {
    const { request, query, stream } = watch;
    const { initialEvents, timeoutMs } = request.options;
    hub.add(watch);
    counts.watch += 1;
    if (initialEvents) counts.streaming += 1;
    await faults.arrive(request, signal);
    // Broken while it was on its way.
    if (!hub.has(watch)) return;
    const served = serve('watch', query);
    const { storage } = served;
    const { selection, events, after, ...start } = startWatch(
      history,
      storage,
      query,
      request.options,
      shownVersion(),
    );
    const streaming = initialEvents ? faults.streamingRefusal : undefined;
    const refusal = streaming
      ? errorFromStatus(streaming.status, describeRequest('watch', query))
      : start.refusal;
    if (refusal && streaming?.accepted === false) throw refusal;
    faults.stall(request, stream);
    stream.accept();
    if (refusal) throw refusal;
    watch.subscription = { served, selection, after };
    stream.push(events);
    if (timeoutMs !== undefined) {
      watch.timeout = clock.setTimeout(() => stream.end(), timeoutMs);
    }
  };

  return {
    clock,
    get requests() {
      return { ...counts };
    },
    get openWatches() {
      return hub.watches.map(({ query }) => copy(query));
    },
    get resourceVersion() {
      return String(history.version);
    },

    async discover(gvk, { signal }) {
      if (signal?.aborted) throw abortedError(signal);
      const request: FakeRequest = { operation: 'discover', gvk: kindOf(gvk), options: {} };
      counts.discover += 1;
      await faults.arrive(request, signal);
      const resource = kinds.byKind(request.gvk)?.resource;
      const answer = resource && { ...resource, verbs: [...resource.verbs] };
      await faults.leave(request, signal);
      return answer;
    },

    async list(given, { signal, ...rest }) {
      if (signal?.aborted) throw abortedError(signal);
      const query = copy(given);
      const request: FakeRequest = { operation: 'list', gvk: query.gvk, query, options: rest };
      counts.list += 1;
      await faults.arrive(request, signal);
      const { storage } = serve('list', query);
      const page = listPage(history, storage, query, rest, shownVersion());
      await faults.leave(request, signal);
      return page;
    },

    watch(given, { signal, ...rest }) {
      const query = copy(given);
      const request: FakeRequest = { operation: 'watch', gvk: query.gvk, query, options: rest };
      const stream = new WatchStream({
        ...(signal && { signal }),
        open: () => open(watch, signal),
        closed: () => {
          hub.delete(watch);
          watch.timeout?.[Symbol.dispose]();
        },
      });
      const watch: OpenWatch = { request, query, stream };
      return stream;
    },

    async close() {
      faults.disconnect('the transport is closed', false);
    },

    put: <T extends KubernetesObject>(object: T) => writer.put(object) as StoredObject<T>,
    remove: (object) => writer.remove(object),
    get: <T extends KubernetesObject>(object: ObjectIdentifier | KubernetesObject) =>
      writer.get(object) as T | undefined,

    registerKind: (kind) => void kinds.register(kind),
    unregisterKind(gvk) {
      const served = kinds.unregister(gvk);
      if (!served) return;
      if (!kinds.serves(served.storage)) writer.clear(served.storage);
      hub.end(served);
    },

    compact: () => history.compact(),
    closeWatches: () => hub.end(),
    breakWatches(error = dropped()) {
      hub.end(undefined, { error });
    },
    sendBookmarks() {
      hub.broadcast({ type: 'BOOKMARK', resourceVersion: String(history.version) });
    },

    fail: (rule) => faults.fail(rule),
    hold: (rule) => faults.hold(rule),
    deny: (rule) => faults.deny(rule),
    refuseStreamingLists(given, { accepted = false } = {}) {
      const status = typeof given === 'number' ? { code: given } : given;
      return faults.refuseStreamingLists({ status, accepted });
    },
    serveStale(resourceVersion) {
      const version = parseVersion(resourceVersion);
      if (!version || version > history.version || version < history.compacted) {
        throw invalidInput(
          `resourceVersion: ${JSON.stringify(resourceVersion)} is no version of the known past`,
        );
      }
      return faults.serveStale(version);
    },
    down: () => faults.disconnect('the API server cannot be reached', true),
    up: () => faults.reconnect(),
  };
}

function kindOf({ group, version, kind }: GroupVersionKind): GroupVersionKind {
  return copyObjectIdentifier({ ...(group !== undefined && { group }), version, kind });
}

function dropped(): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', 'watch: the connection was dropped', {
    retryable: true,
  });
}
