import {
  abortedError,
  describeRequest,
  errorFromStatus,
  formatGroupVersion,
  matchesLabelSelector,
  parseLabelSelector,
  type ApiResource,
  type GroupVersionKind,
  type KubernetesObject,
  type ListPage,
  type ResourceQuery,
  type Transport,
  type WatchEvent,
} from '@depwatch/core';

import type { MapServer, Write } from './map-server.ts';

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' };
const core = { group: '', version: 'v1' };
const kinds: readonly (GroupVersionKind & Omit<ApiResource, 'verbs'>)[] = [
  { ...core, kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
  { ...core, kind: 'Secret', resource: 'secrets', namespaced: true },
  { ...core, kind: 'Namespace', resource: 'namespaces', namespaced: false },
  { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true },
  { ...rbac, kind: 'ClusterRole', resource: 'clusterroles', namespaced: false },
];

/** A Transport to a {@link MapServer}: the shape that one to a store of yours would have. */
export class MapTransport implements Transport {
  /** Each watch begins with a burst, empty if need be, so its silence is a time-out. */
  readonly announcesAcceptance = true;
  readonly #server: MapServer;

  constructor(server: MapServer) {
    this.#server = server;
  }

  async discover(
    { group = '', version, kind }: GroupVersionKind,
    { signal }: { signal?: AbortSignal },
  ): Promise<ApiResource | undefined> {
    await arrival(signal);
    const found = kinds.find(
      (one) => one.group === group && one.version === version && one.kind === kind,
    );
    if (!found) return undefined;
    const { kind: _, ...resource } = found;
    return { ...resource, verbs: ['list', 'watch'] };
  }

  async list(
    query: ResourceQuery,
    { signal, limit, continue: token, resourceVersion }: Parameters<Transport['list']>[1],
  ): Promise<ListPage> {
    await arrival(signal);
    const view = viewOf('list', query);
    // A token says which version the first page showed, and how many objects came before.
    const [version, from] = token ? token.split(':').map(Number) : [this.#server.version, 0];
    if (token) this.#checkVersion('list', query, version!);
    else if (resourceVersion) this.#checkVersion('list', query, Number(resourceVersion), 0);
    const found = this.#server.at(version!).filter(view.selects);
    const to = limit === undefined ? found.length : from! + limit;
    return {
      items: found.slice(from, to).map((object) => view.show(object)),
      resourceVersion: String(version),
      ...(to < found.length && { continue: `${version}:${to}` }),
    };
  }

  watch(
    query: ResourceQuery,
    options: Parameters<Transport['watch']>[1],
  ): AsyncIterable<readonly WatchEvent[]> {
    const left = new AbortController();
    const bursts = this.#bursts(query, options, left.signal);
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => bursts.next(),
        // A generator's own return() would wait for the pending next(), which may wait for ever.
        return: () => {
          left.abort();
          return bursts.return(undefined);
        },
      }),
    };
  }

  async *#bursts(
    query: ResourceQuery,
    { signal, resourceVersion, initialEvents, timeoutMs }: Parameters<Transport['watch']>[1],
    left: AbortSignal,
  ): AsyncGenerator<readonly WatchEvent[], undefined> {
    await arrival(signal);
    const view = viewOf('watch', query);
    const server = this.#server;
    const over = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    let seen = server.version;
    if (resourceVersion && !initialEvents) {
      seen = Number(resourceVersion);
      this.#checkVersion('watch', query, seen);
      yield []; // accepted
    } else {
      const objects = server.at(seen).filter(view.selects);
      const events: WatchEvent[] = objects.map((object) => view.event('ADDED', object));
      const bookmark = { type: 'BOOKMARK', resourceVersion: String(seen), initialEventsEnd: true };
      yield initialEvents ? [...events, bookmark as WatchEvent] : events;
    }
    while (!left.aborted) {
      if (signal?.aborted) throw abortedError(signal);
      const events = server.since(seen).flatMap((write) => view.eventsOf(write));
      seen = server.version;
      if (events.length > 0) yield events;
      else if (over?.aborted) return;
      else await something(server, [signal, over, left]);
    }
  }

  #checkVersion(
    verb: 'list' | 'watch',
    query: ResourceQuery,
    version: number,
    oldest = this.#server.oldestVersion,
  ): void {
    if (version >= oldest && version <= this.#server.version) return;
    const status = { code: 410, reason: 'Expired', message: `version ${version} is not known` };
    throw errorFromStatus(status, describeRequest(verb, query));
  }
}

/** The way to a server takes a while, in which the caller may change its mind. */
async function arrival(signal: AbortSignal | undefined): Promise<void> {
  await Promise.resolve();
  if (signal?.aborted) throw abortedError(signal);
}

/** Resolves after the next write, or when one of the signals is aborted. */
async function something(
  server: MapServer,
  signals: readonly (AbortSignal | undefined)[],
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const unsubscribe = server.subscribe(resolve);
  const listen = () => resolve();
  for (const signal of signals) signal?.addEventListener('abort', listen);
  if (signals.some((signal) => signal?.aborted)) resolve();
  await promise;
  unsubscribe();
  for (const signal of signals) signal?.removeEventListener('abort', listen);
}

/** What a query shows of the server's objects. */
function viewOf(verb: 'list' | 'watch', query: ResourceQuery) {
  const { gvr, gvk, name, metadataOnly } = query;
  const served = kinds.find(
    ({ group, version, resource }) =>
      group === gvr.group && version === gvr.version && resource === gvr.resource,
  );
  if (!served) {
    const status = { code: 404, message: 'the server could not find the requested resource' };
    throw errorFromStatus(status, describeRequest(verb, query));
  }
  const apiVersion = formatGroupVersion(gvk);
  const namespace = gvr.namespaced ? query.namespace : undefined;
  const selector = parseLabelSelector(query.selector ?? '');
  const selects = (object: KubernetesObject): boolean =>
    object.apiVersion === formatGroupVersion(served) &&
    object.kind === served.kind &&
    (!namespace || object.metadata?.namespace === namespace) &&
    (!name || object.metadata?.name === name) &&
    matchesLabelSelector(selector, object.metadata?.labels);
  const show = (object: KubernetesObject, version?: number): KubernetesObject => {
    const { metadata, ...rest } = structuredClone(object);
    const { managedFields: _, ...clean } = { managedFields: undefined, ...metadata };
    delete clean.annotations?.['kubectl.kubernetes.io/last-applied-configuration'];
    if (version !== undefined) clean.resourceVersion = String(version);
    return { ...(!metadataOnly && rest), apiVersion, kind: gvk.kind, metadata: clean };
  };
  const event = (
    type: 'ADDED' | 'MODIFIED' | 'DELETED',
    object: KubernetesObject,
    version?: number,
  ): WatchEvent => ({ type, object: show(object, version) });
  /** An object comes and goes as it begins and ceases to be selected. */
  const eventsOf = ({ version, before, after }: Write): WatchEvent[] => {
    const was = before !== undefined && selects(before);
    if (after && selects(after)) return [event(was ? 'MODIFIED' : 'ADDED', after)];
    return was ? [event('DELETED', before, version)] : [];
  };
  return { selects, show, event, eventsOf };
}
