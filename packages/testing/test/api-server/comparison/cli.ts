import { parseArgs } from 'node:util';

import { findKubeApiServer } from '../../../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../../../tools/kube-apiserver/control-plane.ts';
import { startApiServer } from '../../../src/index.ts';
import { compare, describeComparison, tally } from './compare.ts';
import { rooms } from './rooms/index.ts';

const help = `Puts the same requests to a real kube-apiserver and to the in-process one, and prints
where the answers differ.

usage: npm run -s compare -- [options] [room…]

  --brief  only how many of each room differ
  --help   print this

rooms: ${rooms.map(({ name }) => name).join(', ')} (default: all)
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { brief: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const unknown = positionals.filter((name) => !rooms.some((room) => room.name === name));
  if (values.help || unknown.length > 0) {
    process.stdout.write(help);
    return values.help ? 0 : 2;
  }
  const binaries = await findKubeApiServer({ log: (line) => console.error(line) });
  if (!binaries) return 1;
  await using real = await startControlPlane({ binaries, users: ['nobody'] });
  await using own = await startApiServer({ garbageCollector: false });
  const asked = rooms.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const comparisons = await compare(real, own, asked);
  if (!values.brief)
    for (const comparison of comparisons)
      if (comparison.differences.length > 0) console.log(describeComparison(comparison));
  console.log(tally(comparisons));
  return 0;
}
