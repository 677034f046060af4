import { invalidInput, wrongType } from './errors.ts';

/** How a requirement compares a label. Equality is `in` with one value. */
export type LabelOperator = 'in' | 'notin' | 'exists' | '!exists' | '<' | '>';

/** One condition on one label. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted and distinct: one or more for `in` and `notin`, one integer for `<` and `>`, else none. */
  readonly values: readonly string[];
}

/** A parsed label selector: all requirements must hold. */
export interface LabelSelector {
  /** Sorted and distinct. */
  readonly requirements: readonly LabelRequirement[];
  /** The one spelling that all selectors with these requirements share; `""` selects everything. */
  readonly canonical: string;
}

/**
 * Parses a label selector as Kubernetes does: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`,
 * `a<1`, joined with commas. The grammar is that of apimachinery's `labels.Parse`.
 *
 * @returns the selector; `""` selects everything
 * @throws DepwatchError ERR_INVALID_INPUT when the text is no selector; the message quotes it and says where
 */
export function parseLabelSelector(text: string): LabelSelector {
  if (typeof text !== 'string') throw wrongType('selector', 'a string', text);
  const byText = new Map<string, LabelRequirement>();
  for (const requirement of new SelectorParser(text).parse()) {
    byText.set(formatRequirement(requirement), requirement);
  }
  const sorted = [...byText].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    requirements: sorted.map(([, requirement]) => requirement),
    canonical: sorted.map(([spelling]) => spelling).join(','),
  };
}

/** Whether an object with these labels is selected. */
export function matchesLabelSelector(
  selector: LabelSelector,
  labels: { readonly [key: string]: string } | undefined,
): boolean {
  return selector.requirements.every((requirement) => matches(requirement, labels));
}

function matches(
  { key, operator, values }: LabelRequirement,
  labels: { readonly [key: string]: string } | undefined,
): boolean {
  // hasOwn: a label called "constructor" must not be found on the prototype.
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!exists':
      return value === undefined;
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case '<':
    case '>': {
      const actual = value === undefined ? undefined : parseInt64(value);
      const limit = parseInt64(values[0] ?? '');
      if (actual === undefined || limit === undefined) return false;
      return operator === '<' ? actual < limit : actual > limit;
    }
  }
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!exists':
      return `!${key}`;
    case 'in':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`;
    case 'notin':
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.join(',')})`;
    case '<':
    case '>':
      return `${key}${operator}${values[0]}`;
  }
}

/** A number as Go's `strconv.ParseInt(value, 10, 64)` reads it; undefined where that fails. */
function parseInt64(value: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(value)) return undefined;
  const number = BigInt(value.startsWith('+') ? value.slice(1) : value);
  return BigInt.asIntN(64, number) === number ? number : undefined;
}

const labelName = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;
const dnsSubdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash < 0) return labelName.test(key);
  const prefix = key.slice(0, slash);
  return prefix.length <= 253 && dnsSubdomain.test(prefix) && labelName.test(key.slice(slash + 1));
}

function isLabelValue(value: string): boolean {
  return value === '' || labelName.test(value);
}

/** A word (a key, a value, `in`, `notin`), a symbol, or the end of the text (`''`). */
interface Token {
  readonly text: string;
  readonly word: boolean;
  readonly at: number;
}

const tokenPattern = /[ \t\r\n]*(?:(!=|==|[=!(),<>])|([^ \t\r\n=!(),<>]+)|$)/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  for (;;) {
    const match = pattern.exec(text);
    const [, symbol, word] = match ?? [];
    const token = symbol ?? word ?? '';
    tokens.push({ text: token, word: word !== undefined, at: pattern.lastIndex - token.length });
    if (token === '') return tokens;
  }
}

class SelectorParser {
  readonly #text: string;
  readonly #tokens: Token[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    if (this.#peek().text === '') return requirements;
    for (;;) {
      requirements.push(this.#requirement());
      const token = this.#take();
      if (token.text === '') return requirements;
      if (token.text !== ',') throw this.#unexpected(token, "',' or the end");
    }
  }

  #requirement(): LabelRequirement {
    const negated = this.#peek().text === '!';
    if (negated) this.#take();
    const keyToken = this.#take();
    if (!keyToken.word)
      throw this.#unexpected(keyToken, negated ? 'a label key' : "a label key or '!'");
    const key = keyToken.text;
    if (!isLabelKey(key))
      throw this.#invalid(keyToken, `${JSON.stringify(key)} is no valid label key`);
    if (negated) return { key, operator: '!exists', values: [] };
    const after = this.#peek().text;
    if (after === '' || after === ',') return { key, operator: 'exists', values: [] };
    const operator = this.#take();
    switch (operator.text) {
      case '=':
      case '==':
        return { key, operator: 'in', values: [this.#exactValue()] };
      case '!=':
        return { key, operator: 'notin', values: [this.#exactValue()] };
      case 'in':
      case 'notin':
        return { key, operator: operator.text, values: this.#values() };
      case '<':
      case '>': {
        const token = this.#peek();
        const limit = this.#exactValue();
        if (parseInt64(limit) === undefined) {
          throw this.#invalid(token, `'${operator.text}' needs a 64-bit integer`);
        }
        return { key, operator: operator.text, values: [limit] };
      }
      default:
        throw this.#unexpected(operator, 'an operator (=, ==, !=, in, notin, <, >)');
    }
  }

  /** What follows `=`: a word, or nothing, which is the empty value. */
  #exactValue(): string {
    const { text } = this.#peek();
    if (text === '' || text === ',') return '';
    return this.#value(this.#take());
  }

  /**
   * `(a, b)`; an empty place is the empty value, so `()`, `(,)`, `(,a)` and `(a,,)` hold one. Canonical forms have it
   * only in front, since API servers differ on two commas before the end: older ones refuse them.
   */
  #values(): string[] {
    const open = this.#take();
    if (open.text !== '(') throw this.#unexpected(open, "'('");
    const values = new Set<string>();
    for (;;) {
      const { text } = this.#peek();
      values.add(text === ',' || text === ')' ? '' : this.#value(this.#take()));
      const separator = this.#take();
      if (separator.text === ')') return [...values].sort();
      if (separator.text !== ',') throw this.#unexpected(separator, "',' or ')'");
    }
  }

  #value(token: Token): string {
    if (!token.word) throw this.#unexpected(token, 'a value');
    if (!isLabelValue(token.text)) {
      throw this.#invalid(token, `${JSON.stringify(token.text)} is no valid label value`);
    }
    return token.text;
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #take(): Token {
    const token = this.#peek();
    // The end is never passed, so that every look beyond it finds it again.
    if (token.text !== '') this.#next += 1;
    return token;
  }

  #unexpected(token: Token, expected: string): Error {
    const found = token.text === '' ? 'the end' : JSON.stringify(token.text);
    return this.#invalid(token, `found ${found}, expected ${expected}`);
  }

  #invalid(token: Token, what: string): Error {
    return invalidInput(
      `selector: ${what}, at position ${token.at} of ${JSON.stringify(this.#text)}`,
    );
  }
}
