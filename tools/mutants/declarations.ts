import ts from 'typescript';

import { parse } from './pattern.ts';

/** A function, a class, a member of one or a whole file, and where it is. */
export interface Declaration {
  /** The path below packages/. */
  readonly file: string;
  readonly node: ts.Node;
}

/**
 * What a name means, wherever it is: `step` and `ObjectStore` at the top of a file, `ObjectStore.apply`,
 * `ObjectStore.#applyOne` and `ObjectStore.constructor` below, one folder's alone as `core/step`, and `core`, all of its
 * files.
 *
 * @param sources the texts of all files, by their paths below packages/
 * @throws Error when it is none or, but for a folder, several, with those that there are
 */
export function findDeclarations(
  name: string,
  sources: ReadonlyMap<string, string>,
): readonly Declaration[] {
  const [first, second] = name.split('/') as [string, string?];
  const folders = new Set([...sources.keys()].map((file) => file.split('/')[0]!));
  const folder = second !== undefined || folders.has(first) ? first : undefined;
  const path = folder === undefined ? first : second;
  const parsed = (word: string): { file: string; node: ts.SourceFile }[] =>
    [...sources]
      .filter(([file, text]) => file.startsWith(folder ? `${folder}/` : '') && text.includes(word))
      .map(([file, text]) => ({ file, node: parse(file, text) }));
  if (path === undefined) return parsed('');

  const [outer, member] = path.split('.') as [string, string?];
  const files = parsed(outer);
  const tops = files.flatMap(({ file, node }) =>
    topLevel(node)
      .filter(([one]) => one === outer)
      .map(([, declared]) => ({ file, node: declared })),
  );
  const found =
    member === undefined
      ? tops
      : tops.flatMap(({ file, node }) =>
          membersOf(node)
            .filter(([one]) => one === member)
            .map(([, declared]) => ({ file, node: declared })),
        );
  if (found.length === 1) return found;
  if (found.length > 1)
    throw new Error(`there are several ${name}: ${found.map(({ file }) => file).join(', ')}`);
  if (tops.length > 0) {
    const names = tops.flatMap(({ node }) => membersOf(node).map(([one]) => one));
    throw new Error(`${outer} has no ${member}, but ${names.join(', ')}`);
  }
  const holders =
    member === undefined ? [] : parsed(member).flatMap(({ node }) => withMember(node, member));
  const hint = holders.length > 0 ? `; ${member} is in ${holders.join(', ')}` : '';
  throw new Error(`there is no ${name} in packages/*/src${hint}`);
}

type Named = readonly [name: string, node: ts.Node];

function topLevel(file: ts.SourceFile): Named[] {
  return file.statements.flatMap((statement): Named[] => {
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map((one) => [one.name.getText(), one]);
    if (!ts.isFunctionDeclaration(statement) && !ts.isClassDeclaration(statement)) return [];
    // An overload is no place for a bug.
    if (ts.isFunctionDeclaration(statement) && !statement.body) return [];
    return statement.name ? [[statement.name.text, statement]] : [];
  });
}

function membersOf(node: ts.Node): Named[] {
  if (!ts.isClassDeclaration(node)) return [];
  return node.members.flatMap((member): Named[] => {
    if (ts.isConstructorDeclaration(member)) return member.body ? [['constructor', member]] : [];
    return member.name ? [[member.name.getText(), member]] : [];
  });
}

function withMember(file: ts.SourceFile, member: string): string[] {
  return topLevel(file)
    .filter(([, node]) => membersOf(node).some(([one]) => one === member))
    .map(([name]) => name);
}
