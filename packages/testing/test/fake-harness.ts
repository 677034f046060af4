import type { KubernetesObject, ObjectClient, Transport } from '@depwatch/core';

import { createFakeTransport, type FakeTransport } from '../src/index.ts';
import {
  type ConformanceCase,
  type ConformanceHarness,
  transportConformance,
} from '../src/index.ts';

/** The fake transport, or what `wrap` makes of it, with every capability. */
export function fakeHarness(
  wrap: (fake: FakeTransport) => Transport & ObjectClient = (fake) => fake,
  waitMs = 1000,
): { fake: FakeTransport; harness: ConformanceHarness; cases: readonly ConformanceCase[] } {
  const unwatchable = { group: 'metrics.example.com', version: 'v1', kind: 'PodMetrics' };
  const fake = createFakeTransport({ resources: [{ ...unwatchable, verbs: ['get', 'list'] }] });
  let namespaces = 0;
  const harness: ConformanceHarness = {
    waitMs,
    transport: () => wrap(fake),
    client: () => wrap(fake),
    namespace: () => `ns-${(namespaces += 1)}`,
    put: (object) => fake.put(withManagedFields(object)),
    remove: (object) => void fake.remove(object),
    passTime: (ms) => fake.clock.advance(ms),
    compact: () => fake.compact(),
    closeWatches: () => fake.closeWatches(),
    breakWatches: () => fake.breakWatches(),
    registerKind: (kind) => fake.registerKind(kind),
    unregisterKind: (kind) => fake.unregisterKind(kind),
    unwatchable: () => unwatchable,
    forbidden() {
      const forbidden = createFakeTransport();
      forbidden.deny({});
      return wrap(forbidden);
    },
    unauthorized() {
      const unauthorized = createFakeTransport();
      unauthorized.fail({ error: { code: 401, reason: 'Unauthorized', message: 'Unauthorized' } });
      return wrap(unauthorized);
    },
    closable: () => wrap(createFakeTransport()),
  };
  return { fake, harness, cases: transportConformance(harness) };
}

/** A real API server keeps who wrote what; a transport must drop it. */
function withManagedFields(object: KubernetesObject): KubernetesObject {
  const managedFields = [{ manager: 'test', operation: 'Update', fieldsV1: { 'f:data': {} } }];
  return { ...object, metadata: { ...object.metadata, ...{ managedFields } } };
}
