import { Authorizer } from './auth/authorizer.ts';
import { seed } from './controllers/bootstrap.ts';
import { createCertificates } from './http/certificates.ts';
import { Connections } from './http/connections.ts';
import { FaultRules } from './faults/fault-rules.ts';
import type { Faults } from './faults/faults.ts';
import { Front } from './http/front.ts';
import { formatKubeConfig } from './auth/kube-config.ts';
import { Lifecycle } from './controllers/lifecycle.ts';
import { GarbageCollector } from './controllers/garbage-collector.ts';
import { RoleAggregation } from './controllers/role-aggregation.ts';
import { ObjectWriter, type WriteObserver } from './writes/object-writer.ts';
import { createObjectAccess, type ObjectAccess } from './store/object-access.ts';
import { type ApiServerOptions, resolveOptions } from './options.ts';
import { Registry } from './store/registry.ts';
import { RequestCounter, type RequestLog } from './http/request-log.ts';
import { Router } from './http/router.ts';
import { storageKey, VersionCounter } from './store/store.ts';
import { Tokens } from './auth/tokens.ts';
import { Users } from './auth/users.ts';
import { Watches } from './watches/watches.ts';

/** A running in-process API server. */
export interface ApiServer extends AsyncDisposable {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** The text of a kubeconfig file (JSON) of an administrator, with the server's own CA in it. */
  readonly kubeConfig: string;
  /**
   * The same of any other user, who has what RBAC grants.
   *
   * @param user a name, such as `alice` or `system:serviceaccount:default:builder`
   */
  kubeConfigFor(user: string): string;
  /** What can be made to go wrong. */
  readonly faults: Faults;
  /** What it has been asked. */
  readonly requests: RequestLog;
  /** Its objects, without the wire. */
  readonly objects: ObjectAccess;
  /** The version of the last write. */
  readonly resourceVersion: string;
  /** Ends every stream, socket and timer. May be called again. */
  stop(): Promise<void>;
}

/** What works on the objects by itself, after the writes that it sees. */
interface Controller extends WriteObserver {
  stop(): void;
}

/**
 * Starts an API server within this process, on a real socket of the loopback address.
 *
 * @throws Error when the port is taken
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const settings = resolveOptions(options);
  const certificates = await createCertificates();
  const now = (): Date => new Date();
  const rules = new FaultRules();
  const registry = new Registry(new VersionCounter(), settings.historyLimit);
  const watches = new Watches(registry, {
    ...settings,
    wrap: (sink, exchange, resource) => rules.wrap(sink, exchange, resource),
  });
  const lifecycle = new Lifecycle(registry, (gone) =>
    watches.end((resource) => resource.table === gone.table),
  );
  const controllers: Controller[] = [lifecycle];
  const writer = new ObjectWriter(registry, now, {
    wrote(resource, stored, removed) {
      watches.advanced();
      for (const controller of controllers) controller.wrote(resource, stored, removed);
    },
  });
  lifecycle.start(writer);
  seed(registry, writer);
  controllers.push(new RoleAggregation(registry, writer));
  if (settings.garbageCollector) controllers.push(new GarbageCollector(registry, writer));
  const tokens = new Tokens(
    (resource, namespace, name) =>
      registry.get('', resource)?.table.get(storageKey(namespace, name))?.object,
    now,
  );
  const users = new Users(tokens);
  const authorizer = new Authorizer(registry);
  const counter = new RequestCounter();
  const router = new Router({
    registry,
    writer,
    watches,
    reviews: { authorizer, users, now },
    issueToken: (account, spec) => tokens.issue(account, spec),
    futureVersionWaitMs: settings.futureVersionWaitMs,
    serverAddress: () => `127.0.0.1:${connections.port}`,
  });
  const front = new Front({ users, authorizer, router, rules, counter });
  const connections = new Connections(
    certificates,
    settings.maxConcurrentStreams,
    (request, response) => front.handle(request, response),
  );
  await connections.listen(settings.port);
  const url = `https://127.0.0.1:${connections.port}`;
  const kubeConfigFor = (user: string, groups?: readonly string[]): string =>
    formatKubeConfig({
      url,
      certificateAuthority: certificates.certificateAuthority,
      user,
      token: users.tokenOf(user, groups),
    });
  let stopped: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    for (const controller of controllers) controller.stop();
    watches.stop();
    await connections.close();
  };
  const stop = (): Promise<void> => (stopped ??= end());
  const compact = (): void => {
    for (const { table } of registry.all()) table.compact();
  };
  return {
    url,
    kubeConfig: kubeConfigFor('admin', ['system:masters']),
    kubeConfigFor: (user) => kubeConfigFor(user),
    faults: {
      compact,
      closeWatches: (match = {}) =>
        watches.end(({ type }) => match.resource === undefined || match.resource === type.resource),
      cutConnections: () => connections.destroyAll(),
      respond: (answer) => rules.answer(answer),
      refuseStreamingLists: (status = 422, how = 'status') =>
        rules.refuseStreamingLists(status, how),
      goAway: () => connections.goAway(),
      limitStreams(maxConcurrentStreams) {
        const before = connections.maxConcurrentStreams;
        connections.limitStreams(maxConcurrentStreams);
        return () => connections.limitStreams(before);
      },
      blackHole() {
        const release = rules.hold();
        connections.setSilent(true);
        let undone = false;
        return () => {
          if (undone) return;
          undone = true;
          connections.setSilent(false);
          release();
        };
      },
      hang: (match) => rules.hang(match),
      dropBookmarks: (match = {}) => rules.dropBookmarks(match.resource),
      delay: (delayMs) => rules.delay(delayMs),
      truncateNextLine: (match = {}) => rules.line('truncate', match.resource),
      corruptNextLine: (match = {}) => rules.line('corrupt', match.resource),
      splitBytes: (size = 1) => rules.split(size),
      serveStale() {
        registry.setStale(true);
        return () => {
          registry.setStale(false);
          watches.advanced();
        };
      },
      down: () => connections.close(),
      async up({ loseHistory = false } = {}) {
        if (stopped) throw new Error('the server has been stopped');
        if (loseHistory) compact();
        await connections.listen(settings.port);
      },
    },
    requests: {
      count: (filter) => counter.count(filter),
      reset() {
        counter.reset();
        connections.resetMax();
      },
      openWatches({ resource } = {}) {
        if (resource === undefined) return watches.size;
        let count = 0;
        for (const { type } of watches.resources()) if (type.resource === resource) count += 1;
        return count;
      },
      get openConnections() {
        return connections.open;
      },
      get maxOpenConnections() {
        return connections.maxOpen;
      },
    },
    objects: createObjectAccess(registry, writer),
    get resourceVersion() {
      return String(registry.versions.current);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
