import { createFakeTransport } from '@depwatch/testing';
import type { Ground } from './ground.ts';

/** How much virtual time a check may take: more than a watch may stay open. */
const patienceMs = 15 * 60_000;

/** The fake transport, in virtual time. */
export function fakeGround(): Ground<'fake'> {
  const fake = createFakeTransport();
  const { clock } = fake;
  const kindOf = (group: string) => ({ group, version: 'v1', kind: 'Widget' });
  return {
    control: fake,
    transport: fake,
    clock,
    namespace: 'default',
    connections: 0,
    async until(check) {
      const begin = clock.now();
      for (;;) {
        try {
          await check();
          return;
        } catch (error) {
          const passed = clock.now() - begin;
          if (passed > patienceMs) throw error;
          // Small steps at first, so that little happens between what is waited for and the look at it.
          await clock.advance(Math.max(1, passed / 50));
        }
      }
    },
    put: (object) => Promise.resolve(fake.put(object)),
    remove: (object) => Promise.resolve(void fake.remove(object)),
    registerKind: (group, shape) =>
      Promise.resolve(fake.registerKind({ ...kindOf(group), ...shape })),
    unregisterKind: (group) => Promise.resolve(fake.unregisterKind(kindOf(group))),
    cut: () => fake.cutConnections(),
    disconnect() {
      fake.down();
      return () => fake.up();
    },
    blackHole: () => fake.hold({ operation: 'watch', at: 'answer' }),
    revoke() {
      const undo = fake.deny({ resource: 'configmaps' });
      return Promise.resolve(() => Promise.resolve(undo()));
    },
    [Symbol.asyncDispose]: () => fake.close(),
  };
}
