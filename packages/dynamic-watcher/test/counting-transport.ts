import {
  isDepwatchError,
  type KubernetesObject,
  type ObjectClient,
  type ObjectWriteOptions,
  type ResourceQuery,
  type Transport,
  type WatchEvent,
} from '@depwatch/core';

/** What went through a transport. */
export interface Counts {
  discover: number;
  /** Questions for all kinds. */
  servedKinds: number;
  /** Lists, pages and streaming ones. */
  lists: number;
  /** Lists of one object, which ask for the server's version after an outage. */
  checks: number;
  /** Watches from a version. */
  resumes: number;
  /** Questions for what is granted. */
  reviews: number;
  /** Answers 410. */
  expired: number;
  /** Requests that had no answer. */
  unanswered: number;
}

/** A transport, and the reviews that it may create. */
type Reach = Transport & Partial<Pick<ObjectClient, 'create'>>;

/** A transport that counts what goes through it. */
export function countingTransport(inner: Reach): Reach & { counts: Counts } {
  const counts: Counts = {
    discover: 0,
    servedKinds: 0,
    lists: 0,
    checks: 0,
    resumes: 0,
    reviews: 0,
    expired: 0,
    unanswered: 0,
  };
  const note = (error: unknown, answered: boolean): never => {
    if (isDepwatchError(error, 'ERR_EXPIRED')) counts.expired += 1;
    if (isDepwatchError(error, 'ERR_TRANSPORT') && !error.status && !answered)
      counts.unanswered += 1;
    throw error;
  };
  return {
    counts,
    ...(inner.probe && { probe: (options) => inner.probe!(options) }),
    discover: (gvk, options) => {
      counts.discover += 1;
      return inner.discover(gvk, options);
    },
    ...(inner.announcesAcceptance && { announcesAcceptance: true }),
    ...(inner.servedKinds && {
      servedKinds: (options) => {
        counts.servedKinds += 1;
        return inner.servedKinds!(options);
      },
    }),
    ...(inner.create && {
      create: <T extends KubernetesObject>(object: T, options?: ObjectWriteOptions): Promise<T> => {
        counts.reviews += 1;
        return inner.create!(object, options);
      },
    }),
    // Not counted: it is no request of a watch.
    probe: async (options) => {
      if (inner.probe) await inner.probe(options);
      else await inner.discover({ version: 'v1', kind: 'Namespace' }, options);
    },
    list: (query, options) => {
      if (options.limit === 1) counts.checks += 1;
      else counts.lists += 1;
      return inner.list(query, options).catch((error: unknown) => note(error, false));
    },
    watch: (query: ResourceQuery, options): AsyncIterable<readonly WatchEvent[]> => {
      if (options.initialEvents) counts.lists += 1;
      else counts.resumes += 1;
      return {
        [Symbol.asyncIterator]() {
          const iterator = inner.watch(query, options)[Symbol.asyncIterator]();
          let answered = false;
          return {
            next: async () => {
              try {
                const result = await iterator.next();
                answered = true;
                return result;
              } catch (error) {
                return note(error, answered);
              }
            },
            return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
          };
        },
      };
    },
  };
}
