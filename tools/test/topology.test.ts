/**
 * Pins the shape of the workspace: which packages there are, what each depends on and what each exports.
 * A change of it is a decision, and shows in a diff of topology.yaml. To write that file anew:
 *
 *     npm run test:unit -- --project tools topology --update
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';

const packages = join(import.meta.dirname, '../../packages');

test('the topology is as in topology.yaml', async () => {
  const names = readdirSync(packages).toSorted();
  const exportsOf = exportedNames(names.map((name) => join(packages, name, 'src/index.ts')));
  const topology = names.map((name, index) => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = manifest(name);
    const peers = Object.keys(peerDependencies ?? {}).map((peer) =>
      peerDependenciesMeta?.[peer]?.optional ? `${peer} (optional)` : peer,
    );
    return [
      `@depwatch/${name}`,
      {
        dependencies: Object.keys(dependencies ?? {}).toSorted(),
        peerDependencies: peers.toSorted(),
        ...exportsOf[index],
      },
    ];
  });
  const text = stringify(Object.fromEntries(topology), { lineWidth: 0, singleQuote: true });
  await expect(text).toMatchFileSnapshot('topology.yaml');
});

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

function manifest(name: string): Manifest {
  const content = JSON.parse(
    readFileSync(join(packages, name, 'package.json'), 'utf8'),
  ) as Manifest;
  expect(content.name).toBe(`@depwatch/${name}`);
  return content;
}

/** What the modules export: the names that exist at run time, and those that are types alone. */
function exportedNames(files: readonly string[]): { values: string[]; types: string[] }[] {
  const base = ts.readConfigFile(join(packages, '../tsconfig.base.json'), (path) =>
    readFileSync(path, 'utf8'),
  );
  const { options } = ts.convertCompilerOptionsFromJson(base.config.compilerOptions, packages);
  const program = ts.createProgram(files, { ...options, types: [] });
  const checker = program.getTypeChecker();
  return files.map((file) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!);
    const symbols = module ? checker.getExportsOfModule(module) : [];
    const isValue = (symbol: ts.Symbol) => {
      const target =
        symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return (target.flags & ts.SymbolFlags.Value) !== 0 && !isExportedAsType(symbol);
    };
    const namesOf = (some: readonly ts.Symbol[]) => some.map(({ name }) => name).toSorted();
    return {
      values: namesOf(symbols.filter(isValue)),
      types: namesOf(symbols.filter((symbol) => !isValue(symbol))),
    };
  });
}

/** `export type { SomeClass }` exports no value. */
function isExportedAsType(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    (node) => ts.isExportSpecifier(node) && (node.isTypeOnly || node.parent.parent.isTypeOnly),
  );
}
