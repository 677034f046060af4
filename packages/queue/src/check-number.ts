import { invalidInput } from '@depwatch/core';

/** `value`, when it is a number above zero (or, with `orZero`, zero); the error names the option. */
export function checkNumber(
  option: string,
  value: number,
  { orZero = false, orInfinity = false }: { orZero?: boolean; orInfinity?: boolean } = {},
): number {
  const high = orInfinity ? value <= Infinity : value < Infinity;
  if (typeof value !== 'number' || !high || !(orZero ? value >= 0 : value > 0)) {
    throw invalidInput(
      `${option}: expected a ${orInfinity ? '' : 'finite '}number ${orZero ? 'of at least' : 'above'} 0, got ${String(value)}`,
    );
  }
  return value;
}
