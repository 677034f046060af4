import ts from 'typescript';

/** What the wildcards of a pattern stand for: pieces of source, by the wildcard's name. */
export type Bindings = ReadonlyMap<string, string>;

/**
 * A piece of TypeScript in which `$name` stands for any expression or name, the same at each place, and `$$name` for any
 * number of arguments, elements or properties. `a.b` is also `a?.b` and `a.#b`; spaces, comments, parentheses and `!`
 * don't matter.
 *
 * @throws Error when it isn't one expression or statement
 */
export function parsePattern(text: string): ts.Node {
  const { statements } = parse('pattern.ts', text);
  const [only] = statements;
  if (!only || statements.length > 1)
    throw new Error(`a pattern is one expression or statement, not: ${text}`);
  return ts.isExpressionStatement(only) ? bare(only.expression) : only;
}

/** A file as a tree whose nodes know their parents. */
export function parse(name: string, text: string): ts.SourceFile {
  return ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
}

/** The nodes at and below one that a pattern matches, in the order of the source. */
export function findMatches(
  pattern: ts.Node,
  within: ts.Node,
): { readonly node: ts.Node; readonly bindings: Bindings }[] {
  const found: { node: ts.Node; bindings: Bindings }[] = [];
  const visit = (node: ts.Node): void => {
    const bindings = bare(node) === node && match([pattern], [node], new Map());
    if (bindings) found.push({ node, bindings });
    ts.forEachChild(node, visit);
  };
  visit(within);
  return found;
}

/** Puts what its wildcards stand for into a template. */
export function fill(template: string, bindings: Bindings): string {
  // An empty sequence leaves no comma behind.
  return template.replaceAll(/(\$\$?\w+)(\s*,\s*)?/g, (_, name: string, comma = '') => {
    const text = bindings.get(name);
    if (text === undefined) throw new Error(`nothing is bound to ${name} in: ${template}`);
    return text && text + comma;
  });
}

/** Matches lists of nodes; what is left of a sequence is tried shortest first. */
function match(
  patterns: readonly ts.Node[],
  nodes: readonly ts.Node[],
  bindings: Bindings,
): Bindings | undefined {
  const [pattern, ...patternsLeft] = patterns;
  if (!pattern) return nodes.length === 0 ? bindings : undefined;
  const name = wildcardOf(pattern);
  if (name?.startsWith('$$')) {
    for (let length = 0; length <= nodes.length; length++) {
      const taken = nodes.slice(0, length);
      const text = taken.length === 0 ? '' : textOf(taken[0]!, taken.at(-1)!);
      const bound = bind(name, text, bindings);
      const all = bound && match(patternsLeft, nodes.slice(length), bound);
      if (all) return all;
    }
    return undefined;
  }
  const [node, ...nodesLeft] = nodes;
  if (!node) return undefined;
  const bound = name ? bind(name, node.getText(), bindings) : matchNode(pattern, node, bindings);
  return bound && match(patternsLeft, nodesLeft, bound);
}

function matchNode(pattern: ts.Node, node: ts.Node, bindings: Bindings): Bindings | undefined {
  const [a, b] = [bare(pattern), bare(node)];
  if (isLeaf(a) && isLeaf(b)) return leafText(a) === leafText(b) ? bindings : undefined;
  if (a.kind !== b.kind) return undefined;
  if (operatorOf(a) !== operatorOf(b)) return undefined;
  return match(childrenOf(a), childrenOf(b), bindings);
}

function bind(name: string, text: string, bindings: Bindings): Bindings | undefined {
  const known = bindings.get(name);
  if (known !== undefined) return known === text ? bindings : undefined;
  return new Map([...bindings, [name, text]]);
}

function wildcardOf(pattern: ts.Node): string | undefined {
  const node = ts.isShorthandPropertyAssignment(pattern) ? pattern.name : pattern;
  return ts.isIdentifier(node) && /^\$\$?\w+$/.test(node.text) ? node.text : undefined;
}

function childrenOf(node: ts.Node): readonly ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    if (child.kind !== ts.SyntaxKind.QuestionDotToken) children.push(child);
  });
  return children;
}

/** That of `!a` and `a++` is no node, unlike that of `a + b`. */
function operatorOf(node: ts.Node): ts.SyntaxKind | undefined {
  const unary = ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node);
  return unary ? node.operator : undefined;
}

function isLeaf(node: ts.Node): boolean {
  return childrenOf(node).length === 0;
}

/** What a leaf says, whether it is private or not, and in whichever quotes. */
function leafText(node: ts.Node): string {
  if (ts.isStringLiteralLike(node)) return JSON.stringify(node.text);
  return ts.isPrivateIdentifier(node) ? node.text.slice(1) : node.getText();
}

function bare(node: ts.Node): ts.Node {
  return ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node)
    ? bare(node.expression)
    : node;
}

function textOf(first: ts.Node, last: ts.Node): string {
  return first.getSourceFile().text.slice(first.getStart(), last.getEnd());
}
