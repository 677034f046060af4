import { DepwatchError, type ObjectClient, type Transport } from '@depwatch/core';

/** The way of one replica to the server, which can be cut. */
export interface Connection extends ObjectClient, Transport {
  /** While it is cut, requests fail and watches are silent. */
  cut(): void;
  heal(): void;
}

export function connectionTo(server: ObjectClient & Transport): Connection {
  let healed = Promise.resolve();
  let heal = (): void => {};
  let isCut = false;
  const open = <R>(request: () => Promise<R>): Promise<R> =>
    isCut
      ? Promise.reject(
          new DepwatchError('ERR_TRANSPORT', 'cut off', { retryable: true, reason: 'unreachable' }),
        )
      : request();
  return {
    discover: (...args) => open(() => server.discover(...args)),
    list: (...args) => open(() => server.list(...args)),
    async *watch(query, options) {
      for await (const events of server.watch(query, options)) {
        await healed;
        yield events;
      }
    },
    get: (...args) => open(() => server.get(...args)),
    create: (...args) => open(() => server.create(...args)),
    update: (...args) => open(() => server.update(...args)),
    patch: (...args) => open(() => server.patch(...args)),
    apply: (...args) => open(() => server.apply(...args)),
    delete: (...args) => open(() => server.delete(...args)),
    cut: () => {
      if (isCut) return;
      isCut = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      healed = promise;
      heal = resolve;
    },
    heal: () => {
      isCut = false;
      heal();
    },
  };
}
