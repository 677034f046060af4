import { describe, expect, test } from 'vitest';

import { brokenTransports } from './broken-transports/index.ts';
import { fakeHarness } from './fake-harness.ts';

describe('the conformance cases notice', () => {
  for (const { defect, noticedBy, wrap } of brokenTransports) {
    test(defect, async () => {
      const { cases } = fakeHarness(wrap, 300);
      for (const name of noticedBy) {
        const outcome = await cases
          .find((one) => one.name === name)!
          .run()
          .then(
            () => 'passed',
            () => 'failed',
          );
        expect([name, outcome]).toEqual([name, 'failed']);
      }
    });
  }

  test('and none of them is idle', () => {
    const noticing = new Set(brokenTransports.flatMap(({ noticedBy }) => noticedBy));
    const idle = fakeHarness().cases.filter(({ name }) => !noticing.has(name));
    expect(idle.map(({ name }) => name)).toEqual([]);
  });
});
