import { domain, invalidSelectors, name } from './invalid-selectors.ts';

/** A label selector, and whether Kubernetes takes it. */
export interface SelectorRow {
  readonly text: string;
  readonly valid: boolean;
  /** Set where core refuses on purpose what a real API server takes. */
  readonly onlyCoreRefuses?: true;
  /** Set where API servers differ by their version: those that refuse one such row refuse all. */
  readonly refusedByOlderServers?: true;
}

const maxInt64 = '9223372036854775807';

const valid: readonly string[] = [
  // White space: what Go's lexer skips.
  '',
  ' ',
  '\t',
  '\r\n',
  ' \t\r\n ',
  ' a ',
  '\ta\n=\rb ',
  'a\n,\tb',
  'a in\t(b)',
  'a\nin\n(\nb\n,\nc\n)\n',
  '! a',
  ' !\ta ',
  'a  ==  b',
  'a != b',
  'a < 1',
  // Existence.
  'a',
  '!a',
  'a,b',
  'a,!b',
  '!a,!b',
  'a,a',
  'a,!a',
  // Equality.
  'a=b',
  'a==b',
  'a!=b',
  'a=b,a=c',
  'a=b,c!=d,e,!f',
  // Empty values.
  'a=',
  'a==',
  'a!=',
  'a= ',
  'a=,b',
  'a==,b=',
  'a!=,b',
  'a=,!b',
  // Sets.
  'a in (b)',
  'a in(b)',
  'a in (b,c)',
  'a in (c,b,c)',
  'a notin (b)',
  'a notin(b,c)',
  'a notin ( b , c )',
  'a in (b),c notin (d)',
  'a in (b),!c',
  // Empty places in sets.
  'a in ()',
  'a in ( )',
  'a notin ()',
  'a in (,)',
  'a in (,a)',
  'a in (a,)',
  'a in (,a,)',
  'a in (a,,b)',
  'a in (a, ,b)',
  'a in (,,a)',
  'a notin (a,,b)',
  'a in (a,,b,,c)',
  'a in (,,,)',
  'a in (a,,,b)',
  // Order.
  'a>1',
  'a<1',
  'a>0',
  'a>007',
  'a>00',
  `a>${maxInt64}`,
  `a<${maxInt64}`,
  'a>1,a<5',
  `a>${'0'.repeat(44)}${maxInt64}`,
  // Keys.
  'A',
  'A=B',
  '1',
  '1=1',
  'a.b',
  'a_b',
  'a-b',
  'a--b',
  'a..b',
  'a__b',
  'aA0-_.z',
  'example.com/a',
  'a/b',
  '1/2',
  'a-b.c-d/e',
  'x.example.com/A_b-c.d=e',
  '!example.com/a',
  'example.com/a in (b)',
  'kubernetes.io/metadata.name=default',
  'constructor',
  'constructor=prototype',
  'hasOwnProperty,!toString',
  // Lengths.
  name(63),
  `!${name(63)}`,
  `a=${name(63)}`,
  `a in (b,${name(63)})`,
  `${domain(253)}/a`,
  `${domain(253)}/${name(63)}=${name(63)}`,
  `${name(64)}.com/a`,
  `${name(253)}/a`,
  // Keywords as keys and values.
  'in',
  'notin',
  'in,notin',
  '!in',
  '!notin',
  'in=in',
  'in==notin',
  'notin!=in',
  'in in (in)',
  'in in (in,notin)',
  'notin notin (notin)',
  'in notin (in)',
  'IN',
  'in>1',
  'a=in',
  'a in (in)',
  'exists',
  'gt=lt',
  // Values.
  'a=B',
  'a=1',
  'a=a.b_c-d',
  'a=0x1F',
  'a=true',
  'a=1.5',
];

/**
 * Older parsers take two commas in a row for a pair that something must follow, so that `(,,,)` is a set and `(,,)` is
 * none. Kubernetes 1.36, which the tests build, no longer does.
 */
const withPairAtTheEnd: readonly string[] = [
  'a in (a,,)',
  'a in (,,)',
  'a notin (,,)',
  'a notin (a, , )',
];

/**
 * Go's lexer takes a NUL for the end of the text, or of a word, and so reads another selector than what was written.
 * Core refuses every one.
 */
const withNul: readonly string[] = ['\0', 'a\0', 'a=b\0', 'a=b\0,c', 'a\0=b'];

/** Selectors that the tests ask core's parser, the in-process API server and a real kube-apiserver about. */
export const selectorTable: readonly SelectorRow[] = [
  ...valid.map((text) => ({ text, valid: true })),
  ...withPairAtTheEnd.map((text) => ({
    text,
    valid: true,
    refusedByOlderServers: true as const,
  })),
  ...invalidSelectors.map((text) => ({ text, valid: false })),
  ...withNul.map((text) => ({ text, valid: false, onlyCoreRefuses: true as const })),
];
