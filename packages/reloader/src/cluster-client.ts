import {
  AppsV1Api,
  CoreV1Api,
  Observable,
  PatchStrategy,
  VersionApi,
} from '@kubernetes/client-node';
import type {
  ConfigurationOptions,
  ObservableMiddleware,
  RequestContext,
} from '@kubernetes/client-node';

import type { Content } from './content-hash.ts';
import type { ReferenceKind } from './references.ts';
import { RequestError } from './request-error.ts';
import type { WorkloadKind, WorkloadName } from './workload.ts';

/** What is needed of client-node's KubeConfig: the typed clients. */
export interface ApiClientFactory {
  /** Makes the client of one API group, with the credentials of the kubeconfig. */
  // Any, since published types don't import client-node's.
  makeApiClient<Api extends object>(type: new (configuration: any) => Api): Api;
}

/** The requests that the reloader makes itself, beside its watches. */
export interface ClusterClient {
  /**
   * Asks for the API server's version. Any answer will do, a refusal as well.
   *
   * @throws RequestError when there is none
   */
  reach(signal: AbortSignal): Promise<void>;
  /**
   * Reads the data of a ConfigMap or Secret; undefined when there is no such object.
   *
   * @throws RequestError
   */
  readContent(
    kind: ReferenceKind,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<Content | undefined>;
  /**
   * Merges `patch` into a workload.
   *
   * @returns `conflict` when the workload is not as the patch's resourceVersion says, `gone` when there is none
   * @throws RequestError
   */
  patchWorkload(
    workload: WorkloadName,
    patch: object,
    signal: AbortSignal,
  ): Promise<'patched' | 'conflict' | 'gone'>;
  /** Closes its connections; requests under way fail. */
  close(): void;
}

type Options = ConfigurationOptions<ObservableMiddleware>;
type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

/** How long a connection is shared before the credentials that it was opened with are read anew. */
const shareConnectionMs = 60_000;

/**
 * @param requestTimeoutMs how long a request may take
 * @param now milliseconds
 */
export function createClusterClient(
  kubeConfig: ApiClientFactory,
  requestTimeoutMs: number,
  now: () => number,
): ClusterClient {
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const apps = kubeConfig.makeApiClient(AppsV1Api);
  const version = kubeConfig.makeApiClient(VersionApi);
  const connection = shareConnection(now);

  const optionsFor = (signal: AbortSignal, ...extra: ObservableMiddleware[]): Options => ({
    middleware: [
      connection,
      {
        pre(context) {
          context.setSignal(AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]));
          return resolved(context);
        },
        post: resolved,
      },
      ...extra,
    ],
    middlewareMergeStrategy: 'append',
  });

  return {
    async reach(signal) {
      try {
        await version.getCode({}, optionsFor(signal));
      } catch (error) {
        const failure = RequestError.from('the API server was not reached', error);
        if (failure.status === undefined) throw failure;
      }
    },

    async readContent(kind, namespace, name, signal) {
      let content: Content = {};
      const options = optionsFor(
        signal,
        onBody((body) => (content = readData(body))),
      );
      try {
        await (kind === 'Secret'
          ? core.readNamespacedSecret({ namespace, name }, options)
          : core.readNamespacedConfigMap({ namespace, name }, options));
        return content;
      } catch (error) {
        const failure = RequestError.from(
          `read of ${kind.toLowerCase()} ${namespace}/${name}`,
          error,
        );
        if (failure.status === 404) return undefined;
        throw failure;
      }
    },

    async patchWorkload({ kind, namespace, name }, body, signal) {
      const request = { namespace, name, body, fieldManager: 'depwatch-reloader' };
      const options = optionsFor(signal, mergePatchHeader);
      try {
        await patchOf(apps, kind)(request, options);
        return 'patched';
      } catch (error) {
        const failure = RequestError.from(
          `patch of ${kind.toLowerCase()} ${namespace}/${name}`,
          error,
        );
        if (failure.status === 409) return 'conflict';
        if (failure.status === 404) return 'gone';
        throw failure;
      }
    },

    close: () => connection.close(),
  };
}

interface PatchRequest {
  readonly namespace: string;
  readonly name: string;
  readonly body: object;
  readonly fieldManager: string;
}

function patchOf(
  apps: AppsV1Api,
  kind: WorkloadKind,
): (request: PatchRequest, options: Options) => Promise<unknown> {
  switch (kind) {
    case 'Deployment':
      return (request, options) => apps.patchNamespacedDeployment(request, options);
    case 'StatefulSet':
      return (request, options) => apps.patchNamespacedStatefulSet(request, options);
    case 'DaemonSet':
      return (request, options) => apps.patchNamespacedDaemonSet(request, options);
  }
}

const resolved = <T>(value: T): Observable<T> => new Observable(Promise.resolve(value));

const mergePatchHeader: ObservableMiddleware = {
  pre(context) {
    context.setHeaderParam('Content-Type', PatchStrategy.MergePatch);
    return resolved(context);
  },
  post: resolved,
};

/**
 * Sees the body of a good answer before client-node turns it into its classes. Those lose a key named `__proto__`,
 * which a ConfigMap may have.
 */
function onBody(see: (body: unknown) => void): ObservableMiddleware {
  return {
    pre: resolved,
    post: (response) =>
      new Observable(
        (async () => {
          if (response.httpStatusCode !== 200) return response;
          const text = await response.body.text();
          see(JSON.parse(text));
          response.body = { ...response.body, text: () => Promise.resolve(text) };
          return response;
        })(),
      ),
  };
}

function readData(body: unknown): Content {
  const { data, binaryData } = body as Content;
  return { ...(data && { data }), ...(binaryData && { binaryData }) };
}

/**
 * client-node makes each request on a connection of its own. This one lets requests share one for a while: a change of
 * something that hundreds of workloads use would otherwise open hundreds of them.
 */
function shareConnection(now: () => number): ObservableMiddleware & { close(): void } {
  let shared: Dispatcher | undefined;
  let since = 0;
  return {
    pre(context) {
      const fresh = context.getDispatcher();
      if (shared === undefined || now() - since > shareConnectionMs) {
        // The old one isn't closed, since a request may be about to use it: it closes itself when it is idle.
        shared = fresh;
        since = now();
      }
      if (shared !== undefined) context.setDispatcher(shared);
      return resolved(context);
    },
    post: resolved,
    close() {
      shared?.destroy().catch(() => {});
      shared = undefined;
    },
  };
}
