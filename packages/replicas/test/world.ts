import { createFakeTransport, createVirtualClock, type FakeTransport } from '@depwatch/testing';
import { afterEach, beforeEach } from 'vitest';
import type { Replicas } from '../src/index.ts';

/** The server of the test that runs: in memory, in virtual time, with the namespace `shop`. */
export let server: FakeTransport;

/** The replicas of that test, which are stopped when it ends. */
export let started: Replicas[] = [];

beforeEach(() => {
  server = createFakeTransport({ clock: createVirtualClock({ startMs: Date.UTC(2026, 10, 27) }) });
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  started = [];
});

afterEach(async () => {
  const stops = started.map((one) => one.stop());
  await server.clock.advance(60_000);
  await Promise.all(stops);
});

/** Starts replicas, and gives them a second to find each other. */
export async function startAll(...replicas: readonly Replicas[]): Promise<void> {
  const starts = replicas.map((one) => one.start());
  await server.clock.advance(1000);
  await Promise.all(starts);
}

/** The keys of what there is to be owned. */
export const keys = Array.from({ length: 30 }, (_, index) => `v1/ConfigMap/shop/config-${index}`);

/** The identifier of a Lease of the group. */
export const leaseOf = (name: string) => ({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  namespace: 'shop',
  name,
});
