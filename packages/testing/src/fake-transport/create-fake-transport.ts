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
import { builtInKinds } from './kinds/built-in-kinds.ts';
import { checkOptions } from './check-options.ts';
import { changesOfKinds } from './kinds/custom-resources.ts';
import { createFakeClient } from './fake-client.ts';
import type { FakeTransport, FakeTransportOptions, StoredObject } from './fake-transport.ts';
import { Faults } from './faults/faults.ts';
import { Kinds, type ServedKind } from './kinds/kinds.ts';
import { listPage, parseVersion } from './reads/list-page.ts';
import { ObjectHistory } from './objects/object-history.ts';
import { ObjectRequests } from './writes/object-requests.ts';
import { ObjectWriter } from './writes/object-writer.ts';
import { parseObjects } from './objects/parse-objects.ts';
import type { FakeRequest } from './faults/rules.ts';
import { copy } from './objects/copy.ts';
import { methodNotAllowed, noSuchResource } from './answers/statuses.ts';
import { type OpenWatch, WatchHub } from './watches/watch-hub.ts';
import { startWatch } from './watches/watch-start.ts';
import { WatchStream } from './watches/watch-stream.ts';

/**
 * A Transport and ObjectClient without a network, for unit tests of controllers: an API server's state and its rules in memory, in
 * virtual time. It waits for nothing but microtasks (no timer, no setImmediate), so the same test always runs the same
 * way, under fake timers, too. A request reaches the server in a microtask after the call.
 *
 * @throws DepwatchError ERR_INVALID_INPUT naming what is wrong with an option, one of its kinds or one of its objects
 */
export function createFakeTransport(options: FakeTransportOptions = {}): FakeTransport {
  checkOptions(options);
  const { clock = createVirtualClock(), resources = [], objects = [] } = options;
  const kinds = new Kinds();
  const history = new ObjectHistory();
  const hub = new WatchHub();
  const faults = new Faults(hub, kinds, clock);
  const writer = new ObjectWriter(
    history,
    kinds,
    () => clock.now(),
    (change) => {
      hub.publish(change);
      const { gone, come } = changesOfKinds(change);
      for (const kind of gone) unregister(kind);
      for (const kind of come) kinds.register(kind, history.version);
    },
  );
  const counts = {
    discover: 0,
    list: 0,
    watch: 0,
    streaming: 0,
    probe: 0,
    get: 0,
    create: 0,
    update: 0,
    patch: 0,
    apply: 0,
    delete: 0,
  };

  const unregister = (gvk: GroupVersionKind): void => {
    const served = kinds.unregister(gvk);
    if (!served) return;
    if (!kinds.serves(served.storage)) writer.clear(served.storage);
    hub.end(served);
  };

  for (const kind of builtInKinds) kinds.register(kind);
  for (const kind of resources) kinds.register(kind);
  for (const object of parseObjects(objects)) writer.put(object);

  const client = createFakeClient(
    new ObjectRequests(kinds, writer),
    async (request, signal, serve) => {
      if (signal?.aborted) throw abortedError(signal);
      counts[request.operation] += 1;
      await faults.arrive(request, signal);
      const answer = serve();
      await faults.leave(request, signal);
      return answer;
    },
  );

  const serve = (verb: 'list' | 'watch', query: ResourceQuery): ServedKind => {
    const served = kinds.byResource(query.gvr);
    const misplaced = served?.resource.namespaced === false && isInNamespace(query);
    if (!misplaced && served?.resource.verbs.includes(verb)) return served;
    const status = served && !misplaced ? methodNotAllowed(verb, query.gvr) : noSuchResource();
    throw errorFromStatus(status, describeRequest(verb, query));
  };

  /** The version that reads show: the newest, unless a test wants an older one that is still known. */
  const shownVersion = (): number =>
    Math.max(history.compacted, faults.staleVersion ?? history.version);

  const knownVersion = (resourceVersion: string): number => {
    const version = parseVersion(resourceVersion);
    if (version && version <= history.version && version >= history.compacted) return version;
    throw invalidInput(
      `resourceVersion: ${JSON.stringify(resourceVersion)} is no version of the known past`,
    );
  };

  const open = async (watch: OpenWatch, signal: AbortSignal | undefined): Promise<void> => {
    const { request, query, stream } = watch;
    hub.add(watch);
    counts.watch += 1;
    if (request.options.initialEvents) counts.streaming += 1;
    await faults.arrive(request, signal);
    // Broken while it was on its way.
    if (!hub.has(watch)) return;
    const served = serve('watch', query);
    const { selection, events, after, refusal } = startWatch(
      history,
      served,
      query,
      startOf(request),
      shownVersion(),
    );
    faults.stall(watch);
    if (faults.announces) stream.accept();
    faults.failAccepted(request);
    if (refusal) throw refusal;
    watch.subscription = { served, selection, after };
    watch.tell(events);
    endInTime(watch);
  };

  /** Where a watch starts; a version that says nothing is one of now. */
  const startOf = ({ query, options }: FakeRequest): FakeRequest['options'] =>
    !options.resourceVersion || !query || faults.hasVersions(query)
      ? options
      : { ...options, resourceVersion: String(history.version) };

  const endInTime = (watch: OpenWatch): void => {
    const { stream, request } = watch;
    const { timeoutMs = Infinity } = request.options;
    const { cutAfterMs = Infinity } = faults;
    const ageMs = Math.min(timeoutMs, cutAfterMs);
    if (ageMs === Infinity) return;
    const failure = cutAfterMs < timeoutMs ? { error: dropped() } : undefined;
    watch.timeout = clock.setTimeout(() => stream.end(failure), ageMs);
  };

  return {
    ...client,
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
      const constant = rest.limit !== undefined && faults.repeatsTokens(query);
      const { continue: _, ...first } = rest;
      const page = listPage(history, storage, query, constant ? first : rest, shownVersion());
      await faults.leave(request, signal);
      return faults.spoiltPage(query, constant ? { ...page, continue: 'again' } : page);
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
      const tell: OpenWatch['tell'] = (events) => stream.push(faults.spoiltEvents(query, events));
      const watch: OpenWatch = { request, query, stream, tell };
      return stream;
    },

    get announcesAcceptance() {
      return faults.announces;
    },
    async probe({ signal }) {
      if (signal?.aborted) throw abortedError(signal);
      const gvk = { group: '', version: '', kind: '' };
      const request: FakeRequest = { operation: 'probe', gvk, options: {} };
      counts.probe += 1;
      await faults.arrive(request, signal);
      await faults.leave(request, signal);
    },

    async close() {
      faults.disconnect('the transport is closed', false);
    },

    put: <T extends KubernetesObject>(object: T) => writer.put(object) as StoredObject<T>,
    remove: (object) => writer.remove(object),
    stored: <T extends KubernetesObject>(object: ObjectIdentifier | KubernetesObject) =>
      writer.get(object) as T | undefined,

    registerKind: (kind) => void kinds.register(kind, history.version),
    unregisterKind: unregister,

    compact: () => history.compact(),
    restore(resourceVersion) {
      history.restore(knownVersion(resourceVersion));
      faults.cut(dropped());
    },
    closeWatches: () => hub.end(),
    cutConnections: () => faults.cut(dropped()),
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
      return faults.fail({
        operation: 'watch',
        match: ({ options }) => options.initialEvents === true,
        error: typeof given === 'number' ? { code: given } : given,
        accepted,
      });
    },
    serveStale: (resourceVersion) => faults.serveStale(knownVersion(resourceVersion)),
    spoil: (rule) => faults.spoil(rule),
    cutWatches: (ageMs) => faults.cutWatches(ageMs),
    leaveUnannounced: () => faults.leaveUnannounced(),
    down: () => faults.disconnect('the API server cannot be reached', true),
    up: () => faults.reconnect(),
  };
}

function kindOf({ group, version, kind }: GroupVersionKind): GroupVersionKind {
  return copyObjectIdentifier({ ...(group !== undefined && { group }), version, kind });
}

/** Whether the path of a request names a namespace. */
function isInNamespace({ gvr, namespace }: ResourceQuery): boolean {
  return gvr.namespaced && Boolean(namespace);
}

function dropped(): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', 'watch: the connection was dropped', {
    retryable: true,
    reason: 'unreachable',
  });
}
