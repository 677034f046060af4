import type { DependencyGraphSnapshot } from './dependency-graph.ts';
import {
  formatGroupVersion,
  objectIdentifierKey,
  type ObjectIdentifier,
} from './object-identifier.ts';

/**
 * The graph in the language of Graphviz, for `dot -Tsvg`: an arrow from each watcher (a box) to what it watches (an
 * ellipse, unless it is a watcher, too). Equal graphs have one text, in whatever order they came to be. Whatever names
 * and selectors hold is shown as it is, and control characters as `\u{…}`.
 *
 * @param snapshot what `graph()` of a dynamic watcher or `snapshot()` of a {@link DependencyGraph} returned
 * @throws DepwatchError ERR_INVALID_INPUT when it holds a selector that does not parse; a graph's own snapshot doesn't
 */
export function dependencyGraphToDot(snapshot: DependencyGraphSnapshot): string {
  const { nodes, edges } = layOut(snapshot);
  return lines(
    'digraph dependencies {',
    '  rankdir=LR;',
    ...nodes.map(
      ({ id, label, isWatcher }) =>
        `  ${id} [shape=${isWatcher ? 'box' : 'ellipse'}, label="${label.map(escapeDot).join('\\n')}"];`,
    ),
    ...edges.map(([from, to]) => `  ${from} -> ${to};`),
    '}',
  );
}

/**
 * The graph as a Mermaid flowchart, which GitHub and others draw in Markdown: as {@link dependencyGraphToDot} does, with
 * what is only watched in a box with round ends. No name can end a label or be taken for HTML or Markdown.
 *
 * @param snapshot what `graph()` of a dynamic watcher or `snapshot()` of a {@link DependencyGraph} returned
 * @throws DepwatchError ERR_INVALID_INPUT when it holds a selector that does not parse; a graph's own snapshot doesn't
 */
export function dependencyGraphToMermaid(snapshot: DependencyGraphSnapshot): string {
  const { nodes, edges } = layOut(snapshot);
  return lines(
    'flowchart LR',
    ...nodes.map(({ id, label, isWatcher }) => {
      const text = `"${label.map(escapeMermaid).join('<br/>')}"`;
      return `  ${id}${isWatcher ? `[${text}]` : `([${text}])`}`;
    }),
    ...edges.map(([from, to]) => `  ${from} --> ${to}`),
  );
}

interface ExportedNode {
  readonly id: string;
  /** The lines of its label, not escaped. */
  readonly label: readonly string[];
  readonly isWatcher: boolean;
}

interface Layout {
  readonly nodes: readonly ExportedNode[];
  /** From id to id, each pair once. */
  readonly edges: readonly (readonly [from: string, to: string])[];
}

/** Numbers the nodes and sorts the edges. Ids hold no names, so that a name can neither break one nor be one. */
function layOut({ watchers, watched, edges }: DependencyGraphSnapshot): Layout {
  // What came first is the spelling that is shown; watchers come first.
  const identifiers = new Map<string, { identifier: ObjectIdentifier; isWatcher: boolean }>();
  const add = (identifier: ObjectIdentifier, isWatcher: boolean): void => {
    const key = objectIdentifierKey(identifier);
    if (!identifiers.has(key)) identifiers.set(key, { identifier, isWatcher });
  };
  for (const watcher of watchers) add(watcher, true);
  for (const edge of edges) add(edge.watcher, true);
  for (const one of watched) add(one, false);
  for (const edge of edges) add(edge.watched, false);

  const keys = [...identifiers.keys()].sort();
  const places = new Map(keys.map((key, place) => [key, place]));
  const placeOf = (identifier: ObjectIdentifier): number =>
    places.get(objectIdentifierKey(identifier))!;
  const pairs = new Map<string, readonly [number, number]>();
  for (const edge of edges) {
    const pair = [placeOf(edge.watcher), placeOf(edge.watched)] as const;
    pairs.set(pair.join(), pair);
  }
  return {
    nodes: keys.map((key, place) => {
      const { identifier, isWatcher } = identifiers.get(key)!;
      return { id: idOf(place), label: labelOf(identifier), isWatcher };
    }),
    edges: [...pairs.values()]
      .sort(([from, to], [otherFrom, otherTo]) => from - otherFrom || to - otherTo)
      .map(([from, to]) => [idOf(from), idOf(to)] as const),
  };
}

const idOf = (place: number): string => `n${place}`;

/** `apps/v1 Deployment`, and below it `namespace/name` or `namespace: selector`, as far as there is one. */
function labelOf(identifier: ObjectIdentifier): string[] {
  const { kind, namespace, name, selector } = identifier;
  const below = name
    ? `${namespace ? `${namespace}/` : ''}${name}`
    : `${namespace ? `${namespace}: ` : ''}${selector ?? ''}`;
  const label = [`${formatGroupVersion(identifier)} ${kind}`];
  if (below) label.push(below);
  return label.map(visible);
}

/** Shows what has no shape of its own, or would change that of others: controls, line ends, marks of direction. */
function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu,
    (character) => `\\u{${codeOf(character).toString(16)}}`,
  );
}

/** Within double quotes Graphviz reads a backslash with what follows it, and entities. */
function escapeDot(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('&', '&amp;');
}

/**
 * Mermaid knows no backslash, but `#` with the number of a character. Before it reads a label as one it looks for
 * comments, directives and styles all over the text, so nothing but letters, digits and what is usual in names stays.
 */
function escapeMermaid(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N} ./,_=-]/gu, (character) => `#${codeOf(character)};`);
}

const codeOf = (character: string): number => character.codePointAt(0)!;

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
