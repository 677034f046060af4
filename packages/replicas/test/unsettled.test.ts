/** What never ends: a listener that waits for a reconcile which heeds no signal. */
import { expect, test } from 'vitest';
import { createReplicas } from '../src/index.ts';
import { connectionTo } from './connection.ts';
import { keys, server, startAll, started } from './world.ts';

function replica(identity: string) {
  const { clock } = server;
  const warnings: string[] = [];
  const quiet = (): void => {};
  const warn = (_: object, message: string): void => void warnings.push(message);
  const logger = { debug: quiet, info: quiet, warn, error: quiet };
  const client = connectionTo(server);
  const one = createReplicas({ namespace: 'shop', name: 'web', identity, clock, client, logger });
  started.push(one);
  return { one, warnings };
}

test('a replica that lost its Lease while something of it never ends joins again once, and stays', async () => {
  const [a, b] = [replica('a'), replica('b')];
  b.one.onChange(() => new Promise(() => {}));
  await startAll(a.one);
  await startAll(b.one);
  await server.clock.advance(30_000);
  server.remove({
    group: 'coordination.k8s.io',
    version: 'v1',
    kind: 'Lease',
    namespace: 'shop',
    name: 'web-b',
  });
  // What never ends has the time between the deadline and the end of a lease, and nobody waits for it longer.
  await server.clock.advance(40_000);
  expect(b.warnings).toHaveLength(1);
  await server.clock.advance(120_000);
  expect(b.warnings).toHaveLength(1);
  expect(b.one.state).toBe('member');
  for (const key of keys) expect(a.one.owns(key)).not.toBe(b.one.owns(key));
});
