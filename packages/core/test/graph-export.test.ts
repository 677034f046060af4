import { expect, test } from 'vitest';

import {
  createDependencyGraph,
  dependencyGraphToDot,
  dependencyGraphToMermaid,
  type ObjectIdentifier,
} from '../src/index.ts';

const app = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const config = { version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'config' };
const pods = { version: 'v1', kind: 'Pod', namespace: 'shop', selector: 'app in (web,api),!old' };
const nodes = { version: 'v1', kind: 'Node', selector: 'zone=a' };
const other = { version: 'v1', kind: 'Namespace', name: 'other' };

function snapshotOf(...edges: readonly (readonly [ObjectIdentifier, ObjectIdentifier])[]) {
  const graph = createDependencyGraph();
  for (const [watcher, watched] of edges) graph.add(watcher, [watched]);
  return graph.snapshot();
}

const edges = [
  [app, config],
  [app, pods],
  [other, app],
  [other, nodes],
] as const;

test('a graph as DOT', () => {
  expect(dependencyGraphToDot(snapshotOf(...edges))).toBe(`digraph dependencies {
  rankdir=LR;
  n0 [shape=ellipse, label="v1 ConfigMap\\nshop/config"];
  n1 [shape=box, label="v1 Namespace\\nother"];
  n2 [shape=ellipse, label="v1 Node\\nzone=a"];
  n3 [shape=ellipse, label="v1 Pod\\nshop: app in (web,api),!old"];
  n4 [shape=box, label="apps/v1 Deployment\\nshop/web"];
  n1 -> n2;
  n1 -> n4;
  n4 -> n0;
  n4 -> n3;
}
`);
});

test('a graph as Mermaid', () => {
  expect(dependencyGraphToMermaid(snapshotOf(...edges))).toBe(`flowchart LR
  n0(["v1 ConfigMap<br/>shop/config"])
  n1["v1 Namespace<br/>other"]
  n2(["v1 Node<br/>zone=a"])
  n3(["v1 Pod<br/>shop#58; app in #40;web,api#41;,#33;old"])
  n4["apps/v1 Deployment<br/>shop/web"]
  n1 --> n2
  n1 --> n4
  n4 --> n0
  n4 --> n3
`);
});

test.each([dependencyGraphToDot, dependencyGraphToMermaid])(
  '$name: equal graphs have one text',
  (toText) => {
    const expected = toText(snapshotOf(...edges));
    expect(toText(snapshotOf(...edges.toReversed()))).toBe(expected);
    expect(toText({ watchers: [], watched: [], edges: snapshotOf(...edges).edges })).toBe(expected);
    const twice = snapshotOf(...edges);
    expect(toText({ ...twice, edges: [...twice.edges, ...twice.edges] })).toBe(expected);
  },
);

test('selectors that mean the same are one node', () => {
  const graph = snapshotOf(
    [app, { ...pods, selector: 'a,b' }],
    [other, { ...pods, selector: 'b, a' }],
  );
  expect(dependencyGraphToDot(graph).match(/label=/g)).toHaveLength(3);
});

test('an empty graph', () => {
  expect(dependencyGraphToDot(snapshotOf())).toBe('digraph dependencies {\n  rankdir=LR;\n}\n');
  expect(dependencyGraphToMermaid(snapshotOf())).toBe('flowchart LR\n');
});

const hostileNames = [
  '"',
  '\\',
  '\\"',
  'a\\',
  '"]; n9 [label="x',
  '"]\n  n9["x',
  'a\nb\r\nc\u2028d\u2029e\u0085f',
  '\\n\\l\\N\\G',
  '\0\u0007\u001b[31m\u007f',
  '<script>alert(1)</script>',
  '<b>bold</b><br/>',
  '&lt;&amp;&#60;&quot;',
  '#quot;#35;#lt;',
  '[]{}()|;:%',
  '%% comment',
  '%%{init: {"theme":"dark"}}%%',
  '`**markdown**`',
  'style:#1;x;',
  'classDef a:#fff;',
  '--> n0',
  'end',
  'subgraph',
  'digraph',
  'n0',
  '__proto__',
  'constructor',
  'ﬂ°°60¶ß',
  '日本-é-ü',
  '😀',
  '\ud800',
  '\u202eevil\u202c\ufeff',
];

test.each(hostileNames)('%j breaks neither', (name) => {
  const graph = snapshotOf(
    [app, { version: name, kind: name, namespace: name, name }],
    [app, config],
  );

  const dot = dependencyGraphToDot(graph).split('\n');
  expect(dot).toHaveLength(3 + 3 + 2 + 1);
  const dotNodes = dot.filter((line) => line.includes('['));
  for (const line of dotNodes)
    expect(line).toMatch(/^ {2}n[0-2] \[shape=(?:box|ellipse), label="(?:[^"\\]|\\["\\n])*"\];$/);
  const dotLabels = dotNodes.map((line) => readDot(line.slice(line.indexOf('"') + 1, -3)));

  const mermaid = dependencyGraphToMermaid(graph).split('\n');
  expect(mermaid).toHaveLength(1 + 3 + 2 + 1);
  const mermaidNodes = mermaid.filter((line) => line.includes('"'));
  for (const line of mermaidNodes)
    expect(line).toMatch(
      /^ {2}n[0-2](?:\[|\(\[)"(?:[\p{L}\p{M}\p{N} ./,_=-]|#\d+;|<br\/>)*"(?:\]|\]\))$/u,
    );
  const mermaidLabels = mermaidNodes.map((line) =>
    readMermaid(line.slice(line.indexOf('"') + 1, line.lastIndexOf('"'))),
  );

  // Both show the same, and what has a shape of its own is shown as it is.
  expect(dotLabels).toEqual(mermaidLabels);
  if (/^[^\p{C}\p{Z}]+$/u.test(name))
    expect(dotLabels).toContain(`${name} ${name}\n${name}/${name}`);
  for (const text of [...dot, ...mermaid]) expect(text).toMatch(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u);
});

/** What Graphviz shows for a label. */
function readDot(text: string): string {
  return text
    .replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
    .replaceAll('&amp;', '&');
}

/** What Mermaid shows for a label. */
function readMermaid(text: string): string {
  return text
    .replaceAll('<br/>', '\n')
    .replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

test('a selector that does not parse is refused', () => {
  const broken = {
    watchers: [app],
    watched: [],
    edges: [{ watcher: app, watched: { ...pods, selector: '(' } }],
  };
  for (const toText of [dependencyGraphToDot, dependencyGraphToMermaid])
    expect(() => toText(broken)).toThrowError(
      expect.objectContaining({ code: 'ERR_INVALID_INPUT' }),
    );
});
