import ts from 'typescript';

import { findDeclarations, type Declaration } from './declarations.ts';
import { fill, findMatches, parsePattern, type Bindings } from './pattern.ts';

/** What a mutant does to the one place that it names; patterns are those of {@link parsePattern}. */
export type Change =
  /** Replaces what the pattern matches by a template with the same wildcards; `$1` is the function's first parameter. */
  | { readonly replace: string; readonly by: string }
  /** Takes away the statement that the pattern matches, or is all of; of a larger one, only the value. */
  | { readonly drop: string }
  /** Begins the function with a statement more; `$1` is its first parameter. */
  | { readonly begin: string };

/** Where a mutant is, and what it does there. */
export interface Planting {
  /**
   * What holds the place, and nothing else like it: a folder of packages/ (`core`), or in any of them, or in one, a
   * function, class or member: `step`, `core/step`, `ObjectStore`, `ObjectStore.commit`, `ObjectStore.#applyOne`.
   */
  readonly in: string;
  readonly change: Change;
}

/** A source with the bug in it. */
export interface Planted {
  readonly file: string;
  readonly code: string;
}

/**
 * Plants a bug.
 *
 * @param sources the texts of all files, by their paths below packages/
 * @throws Error with the candidates when it isn't exactly one place
 */
export function plant(planting: Planting, sources: ReadonlyMap<string, string>): Planted {
  const declarations = findDeclarations(planting.in, sources);
  const { change } = planting;
  const places = declarations.flatMap((one) =>
    'begin' in change ? beginning(one, change.begin) : matches(one, change),
  );
  const [place] = places;
  if (!place || places.length > 1) throw new Error(explain(planting, places, declarations));
  const { file, start, end, text } = place;
  const source = sources.get(file)!;
  return { file, code: source.slice(0, start) + text + source.slice(end) };
}

interface Place {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly node: ts.Node;
}

function beginning({ file, node }: Declaration, begin: string): Place[] {
  const body = functionOf(node)?.body;
  if (!body || !ts.isBlock(body)) return [];
  const start = body.getStart() + 1;
  return [{ file, start, end: start, text: ` ${fill(begin, parametersOf(node))}`, node: body }];
}

function matches(
  { file, node: within }: Declaration,
  change: Exclude<Change, { begin: string }>,
): Place[] {
  const pattern = parsePattern('drop' in change ? change.drop : change.replace);
  return findMatches(pattern, within).map(({ node, bindings }) => {
    if ('drop' in change) {
      const whole = statementOf(node);
      const text = whole ? ';' : 'undefined';
      const dropped = whole ?? node;
      return { file, start: dropped.getStart(), end: dropped.getEnd(), text, node };
    }
    const filled = fill(change.by, new Map([...parametersOf(within), ...bindings]));
    const alone = ts.isStatement(node) || ts.isExpressionStatement(node.parent);
    const text = alone ? filled : `(${filled})`;
    return { file, start: node.getStart(), end: node.getEnd(), text, node };
  });
}

/** The statement that a node is, or that does nothing else than to evaluate it. */
function statementOf(node: ts.Node): ts.Statement | undefined {
  if (ts.isStatement(node)) return node;
  const { parent } = node;
  if (ts.isExpressionStatement(parent)) return parent;
  const passes =
    ts.isAwaitExpression(parent) ||
    ts.isVoidExpression(parent) ||
    ts.isParenthesizedExpression(parent);
  return passes ? statementOf(parent) : undefined;
}

function functionOf(node: ts.Node): ts.FunctionLikeDeclaration | undefined {
  const value =
    ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) ? node.initializer : node;
  return value && ts.isFunctionLike(value) ? (value as ts.FunctionLikeDeclaration) : undefined;
}

function parametersOf(node: ts.Node): Bindings {
  const parameters = functionOf(node)?.parameters ?? [];
  return new Map(parameters.map(({ name }, index) => [`$${index + 1}`, name.getText()]));
}

/** Tells what there is in place of the one place. */
function explain(
  { in: where, change }: Planting,
  places: readonly Place[],
  declarations: readonly Declaration[],
): string {
  if ('begin' in change) return `${where} is ${places.length} functions with a body, not one`;
  const pattern = 'drop' in change ? change.drop : change.replace;
  if (places.length > 1)
    return `${places.length} places in ${where} are like ${pattern}:${listed(places)}`;
  // What is of the same kind is what it may have become.
  const { kind } = parsePattern(pattern);
  const alike: { file: string; node: ts.Node }[] = [];
  for (const { file, node } of declarations) {
    const visit = (one: ts.Node): void => {
      if (one.kind === kind) alike.push({ file, node: one });
      ts.forEachChild(one, visit);
    };
    visit(node);
  }
  return `nothing in ${where} is like ${pattern}; there are:${listed(alike)}`;
}

function listed(places: readonly { readonly file: string; readonly node: ts.Node }[]): string {
  const most = 20;
  const lines = places.slice(0, most).map(({ file, node }) => {
    const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart());
    return `\n  ${file}:${line + 1}  ${node.getText().replaceAll(/\s+/g, ' ').slice(0, 100)}`;
  });
  if (places.length > most) lines.push(`\n  and ${places.length - most} more`);
  return lines.join('') || ' none';
}
