import { abortedError, DepwatchError } from '@depwatch/core';

import {
  type BrokenTransport,
  replace,
  inIterators,
  inErrors,
  never,
  without,
  withoutSignal,
} from './break.ts';

/** Transports whose calls end wrongly, or not at all. */
export const brokenEndings: readonly BrokenTransport[] = [
  {
    defect: 'timeoutMs is ignored',
    noticedBy: ['end: timeoutMs ends a watch cleanly, after what happened before'],
    wrap: (fake) =>
      replace(fake, {
        watch: (query, options) => fake.watch(query, without(options, 'timeoutMs')),
      }),
  },
  {
    defect: 'next() hangs after return()',
    noticedBy: ['end: return() before the first next() ends the watch, too'],
    wrap: inIterators((iterator) => {
      let returned = false;
      return {
        next: () => (returned ? never : iterator.next()),
        return() {
          returned = true;
          return iterator.return!();
        },
      };
    }),
  },
  {
    defect: 'return() waits for the pending next(), as a generator’s does',
    noticedBy: ['end: return() ends a pending next(), and the watch stays ended'],
    wrap: (fake) =>
      replace(fake, {
        async *watch(query, options) {
          yield* fake.watch(query, options);
        },
      }),
  },
  {
    defect: 'return() is forgotten while the request is on its way',
    noticedBy: ['end: return() ends a next() that waits for the server’s answer'],
    wrap: inIterators((iterator) => {
      let pending: Promise<unknown> | undefined;
      let answered = false;
      return {
        next() {
          const next = iterator.next();
          pending ??= next.finally(() => (answered = true)).catch(() => {});
          return next;
        },
        return: () => (pending && !answered ? never : iterator.return!()),
      };
    }),
  },
  {
    defect: 'there is no return()',
    noticedBy: ['end: a for-await loop can be left'],
    wrap: inIterators(() => ({ return: () => never })),
  },
  {
    defect: 'signals are ignored',
    noticedBy: ['end: a signal ends a list and a discovery under way with ERR_ABORTED'],
    wrap: (fake) =>
      replace(fake, {
        discover: (gvk) => fake.discover(gvk, {}),
        list: (query, options) => fake.list(query, withoutSignal(options)),
        watch: (query, options) => fake.watch(query, withoutSignal(options)),
      }),
  },
  {
    defect: 'an abort is a clean end',
    noticedBy: ['end: a signal ends a pending next() with ERR_ABORTED, and the watch stays ended'],
    wrap: inIterators((iterator, _query, { signal }) => ({
      next: () =>
        iterator.next().catch((error: unknown) => {
          if (signal?.aborted) return { done: true as const, value: undefined };
          throw error;
        }),
    })),
  },
  {
    defect: 'an abort throws the DOMException of the signal',
    noticedBy: ['end: a signal aborted before the call ends it with ERR_ABORTED'],
    wrap: inErrors((error) => (error.code === 'ERR_ABORTED' ? (error.cause ?? error) : error)),
  },
  {
    defect: 'the reason of an abort is hidden',
    noticedBy: ['end: a signal’s reason that is a DepwatchError is what is thrown'],
    wrap: inErrors((error) => (error.code === 'ERR_NOT_STARTED' ? abortedError() : error)),
  },
  {
    defect: 'an abort between two next() goes unnoticed',
    noticedBy: ['end: an abort between two next() is told by the second'],
    wrap: (fake) =>
      replace(fake, {
        watch: (query, { signal, ...options }) => ({
          [Symbol.asyncIterator]() {
            const iterator = fake.watch(query, options)[Symbol.asyncIterator]();
            let started = false;
            return {
              next() {
                if (signal?.aborted && !started) return Promise.reject(abortedError(signal));
                started = true;
                return iterator.next();
              },
              return: () => iterator.return!(),
            };
          },
        }),
      }),
  },
  {
    defect: 'one abort ends everything',
    noticedBy: ['end: a signal ends its own call and no other'],
    wrap: (fake) =>
      replace(fake, {
        watch(query, options) {
          options.signal?.addEventListener('abort', () => fake.breakWatches(), { once: true });
          return fake.watch(query, options);
        },
      }),
  },
  {
    defect: 'listeners stay on the signal',
    noticedBy: ['end: an abort after the end does nothing, and no listener stays on the signal'],
    wrap: (fake) =>
      replace(fake, {
        list(query, options) {
          options.signal?.addEventListener('abort', () => {});
          return fake.list(query, options);
        },
      }),
  },
  {
    defect: 'a clean end is an error',
    noticedBy: ['end: after a clean end, a watch goes on from the last version'],
    wrap: inIterators((iterator) => ({
      async next() {
        const answer = await iterator.next();
        if (answer.done) throw new DepwatchError('ERR_TRANSPORT', 'the watch ended');
        return answer;
      },
    })),
  },
  {
    defect: 'a dropped connection is a clean end',
    noticedBy: ['end: a dropped connection is ERR_TRANSPORT, retryable, without a status'],
    wrap: inIterators((iterator) => ({
      next: () =>
        iterator.next().catch((error: DepwatchError) => {
          if (error.code === 'ERR_TRANSPORT') return { done: true as const, value: undefined };
          throw error;
        }),
    })),
  },
  {
    defect: 'a closed transport opens again',
    noticedBy: ['end: close() ends watches, and later calls fail'],
    wrap: (fake) =>
      replace(fake, {
        async close() {
          fake.breakWatches();
        },
      }),
  },
];
