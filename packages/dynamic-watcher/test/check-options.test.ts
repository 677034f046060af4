import { createFakeTransport } from '@depwatch/testing';
import { expect, test } from 'vitest';
import { createDynamicWatcher } from '../src/index.ts';

const transport = createFakeTransport();
const reconciler = (): void => {};
const nothing = (): void => {};
const good = { transport, reconciler };
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

test.each<[field: string, options: unknown]>([
  ['options', undefined],
  ['options', null],
  ['options', 'text'],
  ['kubeConfig, transport', { reconciler, transport, kubeConfig: {} }],
  ['kubeConfig', { reconciler, kubeConfig: 'apiVersion: v1' }],
  ['kubeConfig', { reconciler, kubeConfig: null }],
  ['kubeConfig', { reconciler, kubeConfig: { getCurrentCluster: nothing } }],
  ['transport', { reconciler, transport: null }],
  ['transport', { reconciler, transport: 'https://localhost' }],
  ['transport', { reconciler, transport: { discover: nothing, list: nothing } }],
  ['reconciler', { transport }],
  ['reconciler', { transport, reconciler: null }],
  ['reconciler', { transport, reconciler: { reconcile: true } }],
  ['rateLimiter', { ...good, rateLimiter: null }],
  ['rateLimiter', { ...good, rateLimiter: () => 5 }],
  ['rateLimiter', { ...good, rateLimiter: { when: nothing, forget: nothing } }],
  ['logger', { ...good, logger: true }],
  ['logger', { ...good, logger: { ...silent, warn: undefined } }],
  ['metrics', { ...good, metrics: { count: nothing, gauge: nothing } }],
  ['clock', { ...good, clock: Date }],
  ['clock', { ...good, clock: { now: nothing, setTimeout } }],
  ['enableCache', { ...good, enableCache: 'false' }],
  ['disableInitialReconcile', { ...good, disableInitialReconcile: 0 }],
  ['watchPlan', { ...good, watchPlan: 'always' }],
  ['watchPlan', { ...good, watchPlan: null }],
  ['watchPlanBounds', { ...good, watchPlanBounds: 16 }],
  ['watchPlanBounds.shareAt', { ...good, watchPlanBounds: { shareAt: 0 } }],
  ['watchPlanBounds.maxSizeFactor', { ...good, watchPlanBounds: { maxSizeFactor: NaN } }],
  ['watchPlanBounds.unshareAfterMs', { ...good, watchPlanBounds: { unshareAfterMs: '1' } }],
  ['watchPlanBounds.avoidMs', { ...good, watchPlanBounds: { avoidMs: 2 ** 31 } }],
  ['objectCache', { ...good, objectCache: true }],
  ['objectCache', { ...good, objectCache: null }],
  ['objectCache.gvkToGvrTtlMs', { ...good, objectCache: { gvkToGvrTtlMs: -1 } }],
  [
    'objectCache.missingApiResourceTtlMs',
    { ...good, objectCache: { missingApiResourceTtlMs: '1' } },
  ],
  ['objectCache.unsafeDisableDeepCopy', { ...good, objectCache: { unsafeDisableDeepCopy: 'yes' } }],
  ['maxConcurrentReconciles', { ...good, maxConcurrentReconciles: 0 }],
  ['maxConcurrentReconciles', { ...good, maxConcurrentReconciles: 1.5 }],
  ['maxConcurrentReconciles', { ...good, maxConcurrentReconciles: '4' }],
  ['maxConcurrentReconciles', { ...good, maxConcurrentReconciles: Infinity }],
  ['maxConcurrentReconciles', { ...good, maxConcurrentReconciles: 2 ** 31 }],
  ['maxConcurrentReconciles', { ...good, maxConcurrentReconciles: Symbol('many') }],
  ['reconcileTimeoutMs', { ...good, reconcileTimeoutMs: 0 }],
  ['requestTimeoutMs', { ...good, requestTimeoutMs: -1 }],
  ['requestTimeoutMs', { ...good, requestTimeoutMs: Object.create(null) as unknown }],
  ['authGraceMs', { ...good, authGraceMs: 2 ** 31 }],
  ['stopTimeoutMs', { ...good, stopTimeoutMs: Number.NaN }],
  ['stopTimeoutMs', { ...good, stopTimeoutMs: null }],
])('a bad option is refused by its name: %s', (field, options) => {
  expect(() => createDynamicWatcher(options as never)).toThrowError(
    expect.objectContaining({
      code: 'ERR_INVALID_INPUT',
      message: expect.stringMatching(new RegExp(`^${field}: `)),
    }),
  );
});

test("a kubeconfig's text is not shown, but what to do with it is said", () => {
  expect(() =>
    createDynamicWatcher({ reconciler, kubeConfig: 'token: secret' as never }),
  ).toThrowError(/^kubeConfig: (?!.*secret).*loadFromString/);
});

test('the cluster may be left to be found at the start', () => {
  expect(() => createDynamicWatcher({ reconciler })).not.toThrow();
});

test('an option that is undefined is one that is left out, and methods may be inherited', () => {
  class Log {
    debug(): void {}
    info(): void {}
    warn(): void {}
    error(): void {}
  }
  const options = {
    ...good,
    kubeConfig: undefined,
    rateLimiter: undefined,
    logger: new Log(),
    metrics: undefined,
    clock: undefined,
    enableCache: undefined,
    objectCache: undefined,
    maxConcurrentReconciles: 10_000,
    stopTimeoutMs: undefined,
  };
  expect(() => createDynamicWatcher(options as never)).not.toThrow();
});
