/**
 * Puts the requests of all rooms to both servers. Where one differs, mend the server, or list the request in
 * known-differences.ts and have the README's list made anew:
 *
 *     npm run test:unit -- --project testing comparison-of-requests --update
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { findKubeApiServer } from '../../../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../../../tools/kube-apiserver/control-plane.ts';
import { startApiServer } from '../../../src/index.ts';
import { compare, type Comparison, describeComparison, tally } from './compare.ts';
import { gaps } from './known-differences.ts';
import { withGaps } from './readme-section.ts';
import { rooms } from './rooms/index.ts';

let reason = '';
const binaries = await findKubeApiServer({ log: (line) => (reason = line) });
if (!binaries) {
  if (process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'] === '1') throw new Error(reason);
  console.log(`skipped: comparison of requests with a real kube-apiserver (${reason})`);
}
const listed = gaps.flatMap(({ requests }) => requests);

describe.skipIf(!binaries)('requests of controllers’ tests to both servers', () => {
  let comparisons: readonly Comparison[];

  beforeAll(async () => {
    await using real = await startControlPlane({ binaries: binaries!, users: ['nobody'] });
    // The real one runs without controllers.
    await using own = await startApiServer({ garbageCollector: false });
    comparisons = await compare(real, own, rooms);
    console.log(tally(comparisons));
  }, 300_000);

  it('are answered alike, but for what is known', () => {
    const unknown = comparisons.filter(
      ({ id, differences }) => differences.length > 0 && !listed.includes(id),
    );
    expect(unknown.map(describeComparison).join('\n')).toBe('');
  });

  it('are all answered otherwise that are listed so', () => {
    const differing = comparisons
      .filter(({ differences }) => differences.length > 0)
      .map(({ id }) => id);
    expect(listed.filter((id) => !differing.includes(id))).toEqual([]);
  });
});

it('no request is listed twice', () => {
  expect(listed.filter((id, index) => listed.indexOf(id) !== index)).toEqual([]);
});

it('the README lists what is known', async () => {
  const file = join(import.meta.dirname, '../../../README.md');
  await expect(withGaps(readFileSync(file, 'utf8'), gaps, rooms)).toMatchFileSnapshot(file);
});
