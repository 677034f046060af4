import ts from 'typescript';
import { expect, test } from 'vitest';

import { mutants } from '../mutants.ts';
import { parseOptions } from '../options.ts';
import { plant } from '../plant.ts';
import { readSources } from '../sources.ts';

const sources = readSources();

test.for(mutants)('there is one place for it: $name', (mutant) => {
  const { file, code } = plant(mutant, sources);
  expect(code).not.toBe(sources.get(file));
  // TypeScript that can be run.
  const { diagnostics } = ts.transpileModule(code, {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
  });
  expect(diagnostics).toEqual([]);
});

test('no two have one name', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test('they are picked by a part of the name or by the number of the invariant', () => {
  const picked = (...argv: string[]) => parseOptions(argv, mutants).picked;
  expect(picked()).toBe(mutants);
  expect(picked('14', 'a line')).toEqual(
    mutants.filter(({ name, invariant }) => invariant === 14 || name.includes('a line')),
  );
  expect(() => picked('99')).toThrow('no planted bug is "99"');
  expect(() => picked('--seed', 'x')).toThrow('--seed takes a number');
});
