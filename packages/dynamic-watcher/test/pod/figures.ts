// Prints what a program in a pod pays, with the packages as they are built, beside a Node that does nothing, a controller with a
// hundred dependencies (B12), and the same program configured by client-node: medians, as Markdown. tools/bench/README.md says how to run it.
import { runInPod, type PodReport } from './run-in-pod.ts';

const runs = Number(process.argv[2] ?? 5);
const controller = '../../../controller/test/pod/program.mjs';
const programs = ['nothing.mjs', 'program.mjs', 'writer.mjs', controller, 'client-node.mjs'];

const reports = new Map<string, PodReport[]>(programs.map((program) => [program, []]));
for (let run = 0; run < runs; run += 1)
  for (const program of programs) reports.get(program)!.push(await runInPod(program));

/** The median, where the program tells it. */
function median(values: readonly (number | undefined)[]): string {
  const told = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  return told[Math.floor(told.length / 2)]?.toFixed(0) ?? '';
}

console.log(
  '| program | modules | packages | first event, ms | first write, ms | all read, ms | RSS, MB |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const [program, all] of reports) {
  const { node = 0, ...others } = all[0]!.modules;
  const count = Object.values(others).reduce((sum, one) => sum + one, 0);
  const cells = [
    program,
    `${count} + ${node} of Node`,
    Object.keys(others).length - 1,
    median(all.map((one) => one.firstEventMs)),
    median(all.map((one) => one.firstWriteMs)),
    median(all.map((one) => one.allReadMs)),
    median(all.map((one) => one.rssMb)),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
for (const [program, [first]] of reports)
  console.log(`\n${program}: ${JSON.stringify(first!.modules)}`);
