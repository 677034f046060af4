/** `npm run bench`: see README.md. */
import { mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { step } from '../bootstrap/step.mjs';
import { findKubeApiServer } from '../kube-apiserver/binaries.ts';
import { entryOf } from './checkout.ts';
import { gatherFacts } from './facts.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { formatPlot } from './plot.ts';
import { formatMarkdown } from './report.ts';
import type { Results } from './results.ts';
import { contestantNames, runScenarios } from './runner.ts';
import { scenarios } from './scenarios/index.ts';

const root = join(import.meta.dirname, '../..');

// Whatever was started ends with this process, but what it wrote is removed only on an exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();

async function main(): Promise<number> {
  let options: Options;
  try {
    const known = scenarios.map(({ id }) => id);
    options = parseOptions(process.argv.slice(2), known);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  return measure(options);
}

async function measure(options: Options): Promise<number> {
  const { full, runs, profile, as } = options;
  // npm runs scripts in the root, whatever folder it was called in.
  const against =
    options.against && resolve(process.env['INIT_CWD'] ?? process.cwd(), options.against);
  if (against !== undefined && !existsSync(entryOf(against))) {
    console.error(`--against: there is no ${entryOf(against)}`);
    return 2;
  }
  const picked = scenarios.filter(({ id, onlyByName }) =>
    options.scenarios.length === 0 ? !onlyByName : options.scenarios.includes(id),
  );
  const unknown = options.only.filter((name) => !contestantNames(picked, options).has(name));
  if (unknown.length > 0) {
    const known = [...contestantNames(picked, options)].join(', ');
    console.error(`--only: ${unknown.join(', ')} has no part; there are ${known}`);
    return 2;
  }
  if (picked.some(({ server }) => server === 'real')) {
    const log = (line: string) => console.error(line);
    if (!(await findKubeApiServer({ log }))) return 1;
  }
  if (options.build) {
    const failed = await step('building', 'nx', ['run-many', '-t', 'build']);
    if (failed) return failed;
  }

  const facts = await gatherFacts({
    set: `${full ? 'full' : 'quick'}, n = ${runs}`,
    as,
    against,
  });
  const name = String(facts['date']).replaceAll(/[:.]/g, '-');
  const out = resolve(root, options.out ?? join('bench-results', name));
  await mkdir(out, { recursive: true });
  process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules/.cache/depwatch-bench');

  const cases = await runScenarios(picked, {
    full,
    runs,
    profiles: profile ? out : undefined,
    as,
    against,
    only: options.only,
    log: (line) => console.log(line),
  });
  const results: Results = { facts, cases };
  const markdown = formatMarkdown(results);
  await writeFile(join(out, 'results.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  await writeFile(join(out, 'results.md'), markdown);
  await writeFile(join(out, 'results.svg'), formatPlot(cases));
  console.log(`\n${markdown}\n${out}`);
  const failed = cases.flatMap((one) => one.contestants.flatMap(({ failures }) => failures)).length;
  if (failed > 0) console.error(`${failed} runs failed`);
  return failed > 0 ? 1 : 0;
}
