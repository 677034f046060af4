import fc from 'fast-check';
import { expect, test } from 'vitest';

import { seed } from '../../../tools/random-tests.ts';
import {
  isDepwatchError,
  matchesLabelSelector,
  parseLabelSelector,
  type LabelSelector,
} from '../src/index.ts';

/** A failure prints the shrunken case; DEPWATCH_SEED=n replays a run. */
const runs = { seed, numRuns: 2_000 };
console.log(`selector properties: DEPWATCH_SEED=${seed}`);

/** What a selector means, apart from how it is spelled. */
interface Condition {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | '!exists' | '<' | '>';
  readonly values: readonly string[];
}

const edge = fc.constantFrom('a', 'Z', '0', '9');
const labelName = fc.oneof(
  fc.constantFrom('a', 'b', 'A', 'in', 'notin', 'constructor', 'toString', 'x'.repeat(63)),
  fc
    .tuple(
      edge,
      fc.string({ unit: fc.constantFrom('b', 'Y', '1', '-', '_', '.'), maxLength: 61 }),
      edge,
    )
    .map((parts) => parts.join('')),
);
const key = fc.oneof(
  { weight: 4, arbitrary: labelName },
  fc
    .tuple(fc.constantFrom('example.com', 'a', 'x-1.y', `${'p'.repeat(253)}`), labelName)
    .map(([prefix, name]) => `${prefix}/${name}`),
);
const integer = fc.oneof(
  fc.integer({ min: 0, max: 9 }).map(String),
  fc.constantFrom('007', '9223372036854775807', '9223372036854775806'),
);
const value = fc.oneof(fc.constant(''), labelName, integer);
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom('in', 'notin'),
    values: fc.uniqueArray(value, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ key, operator: fc.constantFrom('exists', '!exists'), values: fc.constant([]) }),
  fc.record({ key, operator: fc.constantFrom('<', '>'), values: fc.tuple(integer) }),
);
const conditions = fc.array(condition, { maxLength: 5 });

/** Labels that have a good chance to be asked about, among them values that no server takes. */
const labelsFor = (asked: readonly Condition[]): fc.Arbitrary<Record<string, string>> => {
  const values = asked.flatMap((one) => one.values);
  const odd = fc.constantFrom('+4', '-1', '1.5', '9223372036854775808', ' 1', '1e1');
  const someValue = fc.oneof(fc.constantFrom('', ...values), value, odd);
  const someKey = fc.oneof(fc.constantFrom('z', ...asked.map((one) => one.key)), key);
  return fc.dictionary(someKey, someValue, { maxKeys: 6 });
};

const blank = fc.string({ unit: fc.constantFrom(' ', '\t', '\r', '\n'), maxLength: 2 });
const gap = blank.map((text) => text || ' ');

/** The values of a condition in any order, some of them twice. */
const withRepeats = <T>(all: readonly T[]): fc.Arbitrary<T[]> =>
  fc
    .subarray([...all])
    .chain((again) =>
      fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }),
    );

/** Glues words together with white space between any two. */
const spaced = (...words: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(...words.map(() => blank), blank)
    .map((blanks) => blanks.map((text, index) => text + (words[index] ?? '')).join(''));

function spellingOf({ key: name, operator, values }: Condition): fc.Arbitrary<string> {
  switch (operator) {
    case 'exists':
      return spaced(name);
    case '!exists':
      return spaced('!', name);
    case '<':
    case '>':
      return spaced(name, operator, values[0]!);
    case 'in':
    case 'notin': {
      const list = withRepeats(values).chain((all) =>
        spaced('(', ...all.flatMap((one, index) => (index > 0 ? [',', one] : [one])), ')'),
      );
      const set = fc
        .tuple(blank, gap, list)
        .map(([before, between, text]) => `${before}${name}${between}${operator}${text}`);
      if (values.length > 1) return set;
      const signs = operator === 'in' ? ['=', '=='] : ['!='];
      return fc.oneof(set, ...signs.map((sign) => spaced(name, sign, values[0]!)));
    }
  }
}

/** The same conditions in any order, some of them twice, each spelled in any way. */
const spelling = (all: readonly Condition[]): fc.Arbitrary<string> =>
  withRepeats(all)
    .chain((some) => fc.tuple(...some.map(spellingOf)))
    .map((texts) => texts.join(','));

/** Decides from the conditions alone, by other means than the code under test. */
function reference(all: readonly Condition[], labels: Record<string, string>): boolean {
  const known = new Map(Object.entries(labels));
  return !all.some(({ key: name, operator, values }) => {
    const has = known.has(name);
    const isListed = has && new Set(values).has(known.get(name)!);
    if (operator === 'exists') return !has;
    if (operator === '!exists') return has;
    if (operator === 'in') return !isListed;
    if (operator === 'notin') return isListed;
    const text = known.get(name) ?? '';
    if (!/^[-+]?\d{1,40}$/.test(text)) return true;
    const number = BigInt(text.replace('+', ''));
    if (number >= 2n ** 63n || number < -(2n ** 63n)) return true;
    const limit = BigInt(values[0]!);
    return operator === '<' ? number >= limit : number <= limit;
  });
}

/** A set of conditions as one string, whatever their order. */
const meaning = (all: readonly Condition[]): string =>
  JSON.stringify(
    [...new Set(all.map((one) => JSON.stringify([one.key, one.operator, one.values.toSorted()])))]
      // The order of code units.
      .toSorted(),
  );

test(`a canonical form parses back to itself (DEPWATCH_SEED=${seed})`, () => {
  fc.assert(
    fc.property(conditions.chain(spelling), (text) => {
      const parsed = parseLabelSelector(text);
      expect(parseLabelSelector(parsed.canonical)).toEqual(parsed);
    }),
    runs,
  );
});

test('all spellings of one meaning have one canonical form, and select what the reference selects', () => {
  const drawn = conditions.chain((all) =>
    fc.tuple(
      fc.constant(all),
      spelling(all),
      spelling(all),
      fc.array(labelsFor(all), { maxLength: 8 }),
    ),
  );
  let selected = 0;
  let asked = 0;
  fc.assert(
    fc.property(drawn, ([all, first, second, labelSets]) => {
      const [one, other] = [parseLabelSelector(first), parseLabelSelector(second)];
      expect(one).toEqual(other);
      const again = parseLabelSelector(one.canonical);
      for (const labels of labelSets) {
        const expected = reference(all, labels);
        for (const selector of [one, other, again])
          expect(matchesLabelSelector(selector, labels)).toBe(expected);
        asked += 1;
        selected += Number(expected);
      }
    }),
    runs,
  );
  // Else the matcher would be asked next to nothing.
  expect(selected / asked).toBeGreaterThan(0.1);
  expect(selected / asked).toBeLessThan(0.9);
});

test('conditions that differ have canonical forms that differ', () => {
  const few = fc.record({
    key: fc.constantFrom('a', 'b', 'in'),
    operator: fc.constantFrom('in' as const, 'notin' as const),
    values: fc.uniqueArray(fc.constantFrom('', 'a', 'b', 'in'), { minLength: 1 }),
  });
  const pair = fc.tuple(fc.array(few, { maxLength: 3 }), fc.array(few, { maxLength: 3 }));
  const spelled = pair.chain(([a, b]) => fc.tuple(fc.constant([a, b]), spelling(a), spelling(b)));
  fc.assert(
    fc.property(spelled, ([[a, b], first, second]) => {
      const areEqual = parseLabelSelector(first).canonical === parseLabelSelector(second).canonical;
      expect(areEqual).toBe(meaning(a!) === meaning(b!));
    }),
    runs,
  );
});

/** Undefined where it is refused as it should be; anything else that is thrown is a failure. */
function parseOrRefuse(text: unknown): LabelSelector | undefined {
  try {
    return parseLabelSelector(text as string);
  } catch (error) {
    if (!isDepwatchError(error, 'ERR_INVALID_INPUT')) throw error;
    expect(error.message).toMatch(/^selector: /);
    return undefined;
  }
}

test('garbage is refused with ERR_INVALID_INPUT or means something, and nothing else happens', () => {
  const pieces = fc.constantFrom(
    ...['a', 'b', 'in', 'notin', '=', '==', '!=', '!', '<', '>', '(', ')', ',', ' ', '\t', '1'],
    ...['example.com/', '/', '-', '_', '.', '\0', '\v', 'ü', '😀', '\ud800', '__proto__', '%', '"'],
  );
  const garbage = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 40 }),
    fc.array(pieces, { maxLength: 12 }).map((some) => some.join('')),
    // A valid one with one place changed.
    fc.tuple(conditions.chain(spelling), fc.nat(), pieces).map(([text, at, piece]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + piece + text.slice(place + 1);
    }),
  );
  let taken = 0;
  fc.assert(
    fc.property(garbage, (text) => {
      const selector = parseOrRefuse(text);
      if (!selector) return;
      taken += 1;
      expect(parseLabelSelector(selector.canonical)).toEqual(selector);
      matchesLabelSelector(selector, { a: '1' });
    }),
    { ...runs, numRuns: 10_000 },
  );
  expect(taken).toBeGreaterThan(100);
});

test('what is no string is refused with ERR_INVALID_INPUT', () => {
  const noString = fc.anything().filter((some) => typeof some !== 'string');
  fc.assert(
    fc.property(noString, (some) => {
      expect(parseOrRefuse(some)).toBeUndefined();
    }),
    runs,
  );
});

// Each would take minutes if time grew with the square of the length.
test('long garbage is refused too', () => {
  for (const piece of ['a,', '!', '(', 'a in (', ' ', ',', 'a=b,', 'x'.repeat(50), 'a.'])
    parseOrRefuse(piece.repeat(20_000));
});
