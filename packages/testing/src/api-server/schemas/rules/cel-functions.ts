import { isIP, isIPv4, isIPv6 } from 'node:net';

import type { Environment } from '@marcbachmann/cel-js';

import { compilePattern } from '../values/regexp.ts';

/**
 * The functions that Kubernetes adds to the language, and the library doesn't have: of texts, of lists, of addresses
 * and of quantities, as far as rules of definitions use them. A rule with another one is refused.
 */
export function registerFunctions(environment: Environment): void {
  const define = (signature: string, handler: (...args: any[]) => unknown): void => {
    environment.registerFunction(signature, handler);
  };
  define('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.replaceAll(from, to),
  );
  define(
    'string.replace(string, string, int): string',
    (text: string, from: string, to: string, times: bigint) =>
      replaceSome(text, from, to, Number(times)),
  );
  define('string.charAt(int): string', (text: string, at: bigint) => text.charAt(Number(at)));
  define('string.find(string): string', (text: string, pattern: string) => {
    const matcher = compilePattern(pattern).matcher(text);
    return matcher.find() ? (matcher.group() ?? '') : '';
  });
  define('string.findAll(string): list<string>', (text: string, pattern: string) =>
    allMatches(text, pattern),
  );
  define('list.isSorted(): bool', (list: readonly unknown[]) =>
    list.every((each, index) => index === 0 || compare(list[index - 1], each) <= 0),
  );
  define('list.sum(): dyn', (list: readonly (bigint | number)[]) =>
    list.reduce((sum, each) => (sum as number) + (each as number), zeroOf(list)),
  );
  define('list.min(): dyn', (list: readonly unknown[]) => extreme(list, -1));
  define('list.max(): dyn', (list: readonly unknown[]) => extreme(list, 1));
  define('list.indexOf(dyn): int', (list: readonly unknown[], wanted: unknown) =>
    BigInt(list.indexOf(wanted)),
  );
  define('list.lastIndexOf(dyn): int', (list: readonly unknown[], wanted: unknown) =>
    BigInt(list.lastIndexOf(wanted)),
  );
  define(
    'isURL(string): bool',
    (text: string) => /^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text),
  );
  define('isIP(string): bool', (text: string) => isIP(text) !== 0);
  define('isCIDR(string): bool', (text: string) => {
    const [address = '', bits = '', ...more] = text.split('/');
    if (more.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
    return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
  });
  registerQuantities(environment);
}

function replaceSome(text: string, from: string, to: string, times: number): string {
  if (times < 0) return text.replaceAll(from, to);
  let rest = text;
  let done = '';
  for (let count = 0; count < times; count += 1) {
    const at = rest.indexOf(from);
    if (at < 0) break;
    done += rest.slice(0, at) + to;
    rest = rest.slice(at + from.length);
  }
  return done + rest;
}

function allMatches(text: string, pattern: string): string[] {
  const matcher = compilePattern(pattern).matcher(text);
  const found: string[] = [];
  while (matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

function zeroOf(list: readonly unknown[]): bigint | number {
  return typeof list[0] === 'number' ? 0 : 0n;
}

function compare(a: any, b: any): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function extreme(list: readonly unknown[], sign: number): unknown {
  if (list.length === 0) throw new Error(`${sign < 0 ? 'min' : 'max'} called on empty list`);
  return list.reduce((best, each) => (compare(each, best) * sign > 0 ? each : best));
}

/** An amount such as `1.5Gi` or `100m`. */
class Quantity {
  readonly amount: number;

  constructor(amount: number) {
    this.amount = amount;
  }
}

const units: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

function parseQuantity(text: string): Quantity | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(
    text,
  );
  if (!match) return undefined;
  const [, number, exponent = '', unit = ''] = match;
  return new Quantity(Number(`${number}${exponent}`) * units[unit]!);
}

function registerQuantities(environment: Environment): void {
  environment.registerType('kubernetes.Quantity', { ctor: Quantity });
  const define = (signature: string, handler: (...args: any[]) => unknown): void => {
    environment.registerFunction(signature, handler);
  };
  define('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined);
  define('quantity(string): kubernetes.Quantity', (text: string) => {
    const quantity = parseQuantity(text);
    if (!quantity) {
      throw new Error(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      );
    }
    return quantity;
  });
  type Pair = [a: Quantity, b: Quantity];
  const type = 'kubernetes.Quantity';
  define(`${type}.isGreaterThan(${type}): bool`, (...[a, b]: Pair) => a.amount > b.amount);
  define(`${type}.isLessThan(${type}): bool`, (...[a, b]: Pair) => a.amount < b.amount);
  define(`${type}.compareTo(${type}): int`, (...[a, b]: Pair) =>
    BigInt(compare(a.amount, b.amount)),
  );
  define(`${type}.sign(): int`, (a: Quantity) => BigInt(Math.sign(a.amount)));
  define(`${type}.isInteger(): bool`, (a: Quantity) => Number.isInteger(a.amount));
  define(`${type}.asInteger(): int`, (a: Quantity) => BigInt(a.amount));
  define(`${type}.asApproximateFloat(): double`, (a: Quantity) => a.amount);
  define(`${type}.add(${type}): ${type}`, (...[a, b]: Pair) => new Quantity(a.amount + b.amount));
  define(`${type}.sub(${type}): ${type}`, (...[a, b]: Pair) => new Quantity(a.amount - b.amount));
}
