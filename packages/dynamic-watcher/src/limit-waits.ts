import {
  DepwatchError,
  type Clock,
  type KubernetesObject,
  type ObjectClient,
  type ObjectWriteOptions,
  type Transport,
} from '@depwatch/core';

/** How many request time-outs a call may take in all. A page may be long in coming, as long as bytes do. */
const mostTimeouts = 12;

/** A transport, and the one thing that it may do beyond that is used here. */
type Reach = Transport & Partial<Pick<ObjectClient, 'create'>>;

/**
 * A transport of somebody else's, no answer of which is waited for without end, or after its signal was aborted. One that
 * keeps its own time, by bytes, has answered or given up long before.
 *
 * @param requestTimeoutMs in milliseconds; a call has twelve times as long
 */
export function limitWaits(transport: Reach, clock: Clock, requestTimeoutMs: number): Reach {
  const ms = requestTimeoutMs * mostTimeouts;
  const limited = async <R>(
    what: string,
    signal: AbortSignal | undefined,
    call: () => Promise<R>,
  ): Promise<R> => {
    const { promise: over, reject } = Promise.withResolvers<never>();
    const timer = clock.setTimeout(() => reject(late(what, ms)), ms);
    const onAbort = (): void => reject(signal!.reason);
    signal?.addEventListener('abort', onAbort);
    try {
      return await Promise.race([call(), over]);
    } finally {
      timer[Symbol.dispose]();
      signal?.removeEventListener('abort', onAbort);
    }
  };
  const { servedKinds, probe, create } = transport;
  return {
    discover: (gvk, options) =>
      limited('a discovery', options.signal, () => transport.discover(gvk, options)),
    list: (query, options) =>
      limited('a list', options.signal, () => transport.list(query, options)),
    watch: (query, options) => transport.watch(query, options),
    get announcesAcceptance() {
      return transport.announcesAcceptance ?? false;
    },
    ...(servedKinds && {
      servedKinds: (options) =>
        limited('which kinds are served', options.signal, () =>
          servedKinds.call(transport, options),
        ),
    }),
    ...(create && {
      create: <T extends KubernetesObject>(object: T, options?: ObjectWriteOptions) =>
        limited('a create', options?.signal, () =>
          create.call(transport, object, options),
        ) as Promise<T>,
    }),
    ...(probe && { probe: (options) => probe.call(transport, options) }),
  };
}

function late(what: string, ms: number): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', `the transport did not answer ${what} in ${ms} ms`, {
    retryable: true,
    reason: 'timeout',
  });
}
