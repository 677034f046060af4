// Prints what a pod pays, as Markdown: node packages/dynamic-watcher/test/pod/figures.ts [runs]
// Of the packages as they are built (`npm run build`), beside a Node that does nothing and the import of client-node.
import { runInPod, type PodReport } from './run-in-pod.ts';

const runs = Number(process.argv[2] ?? 5);
const programs = ['nothing.mjs', 'program.mjs', 'client-node.mjs'];

const reports = new Map<string, PodReport[]>(programs.map((program) => [program, []]));
for (let run = 0; run < runs; run += 1)
  for (const program of programs) reports.get(program)!.push(await runInPod(program));

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

console.log('| program | modules | packages | started, ms | first event, ms | RSS, MB |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const [program, all] of reports) {
  const { node = 0, ...others } = all[0]!.modules;
  const of = (field: 'startedMs' | 'firstEventMs' | 'rssMb') =>
    median(all.map((one) => one[field]));
  const count = Object.values(others).reduce((sum, one) => sum + one, 0);
  console.log(
    `| ${program} | ${count} + ${node} of Node | ${Object.keys(others).length - 1} | ${of('startedMs').toFixed(0)} | ${of('firstEventMs').toFixed(0)} | ${of('rssMb').toFixed(1)} |`,
  );
}
for (const [program, [first]] of reports)
  console.log(`\n${program}: ${JSON.stringify(first!.modules)}`);
