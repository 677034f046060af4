import { labelKeyProblem, labelValueProblem } from '../validation/names.ts';

interface Token {
  readonly text: string;
  readonly word: boolean;
}

class Refusal extends Error {}

/**
 * How the real server words its refusal of a label selector, which core's parser refuses too but in its own words.
 * After the parser in `labels/selector.go` of apimachinery.
 */
export function wordLabelSelectorRefusal(text: string): string {
  try {
    new SelectorReader(text).read();
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
  return `invalid label selector ${JSON.stringify(text)}`;
}

class SelectorReader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    const pattern = /(!=|==|[=!(),<>])|([^ \t\r\n=!(),<>]+)/g;
    this.#tokens = [...text.matchAll(pattern)].map(([token, symbol]) => ({
      text: token,
      word: symbol === undefined,
    }));
  }

  read(): void {
    for (;;) {
      const { text, word } = this.#peek();
      if (!word && text === '') return;
      if (!word && text !== '!') {
        throw new Refusal(`found '${text}', expected: !, identifier, or 'end of string'`);
      }
      try {
        this.#requirement();
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        throw new Refusal(`unable to parse requirement: ${error.message}`);
      }
      const separator = this.#take();
      if (separator.text === '') return;
      if (separator.text !== ',') {
        throw new Refusal(`found '${separator.text}', expected: ',' or 'end of string'`);
      }
      const after = this.#peek();
      if (!after.word && after.text !== '!') {
        throw new Refusal(`found '${after.text}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): void {
    let token = this.#take();
    const negated = token.text === '!' && !token.word;
    if (negated) token = this.#take();
    if (!token.word) throw new Refusal(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const problem = labelKeyProblem(key);
    if (problem) throw new Refusal(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problem}`);
    const { text } = this.#peek();
    if (text === '' || text === ',' || negated) return;
    const operator = this.#take().text;
    if (!['in', 'notin', '=', '==', '!=', '<', '>'].includes(operator)) {
      throw new Refusal(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    const values = operator.endsWith('in') ? this.#values() : this.#exactValue();
    const wrong = [...new Set(values)].sort().flatMap((value, index) => {
      const at = `values[${index}]`;
      const quoted = `Invalid value: ${JSON.stringify(value)}`;
      const found: string[] = [];
      if ((operator === '<' || operator === '>') && !/^[+-]?\d+$/.test(value)) {
        found.push(`${at}: ${quoted}: for 'Gt', 'Lt' operators, the value must be an integer`);
      }
      const why = labelValueProblem(value);
      if (why) found.push(`${at}[${key}]: ${quoted}: ${why}`);
      return found;
    });
    if (wrong.length === 1) throw new Refusal(wrong[0]);
    if (wrong.length > 1) throw new Refusal(`[${wrong.join(', ')}]`);
  }

  #values(): string[] {
    const open = this.#take();
    if (open.text !== '(') throw new Refusal(`found '${open.text}' expected: '('`);
    const { text, word } = this.#peek();
    if (text === ')') {
      this.#take();
      return [''];
    }
    if (!word && text !== ',') {
      throw new Refusal(`found '${text}', expected: ',', ')' or identifier`);
    }
    const values = this.#identifiers();
    this.#take();
    return values;
  }

  #identifiers(): string[] {
    const values: string[] = [];
    for (;;) {
      const token = this.#take();
      const { text } = this.#peek();
      if (token.word) {
        values.push(token.text);
        if (text === ')') return values;
        if (text !== ',') throw new Refusal(`found '${text}', expected: ',' or ')'`);
      } else if (token.text === ',') {
        if (values.length === 0 || text === ',' || text === ')') values.push('');
        if (text === ')') return values;
      } else {
        throw new Refusal(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }

  #exactValue(): string[] {
    const { text } = this.#peek();
    if (text === '' || text === ',') return [''];
    const token = this.#take();
    if (token.word) return [token.text];
    throw new Refusal(`found '${token.text}', expected: identifier`);
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { text: '', word: false };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }
}
