import { wrongType } from '@depwatch/core';

/** `value`, when it is a number above zero (or, with `orZero`, zero); the error names the option. */
export function checkNumber(
  option: string,
  value: number,
  { orZero = false, orInfinity = false }: { orZero?: boolean; orInfinity?: boolean } = {},
): number {
  const isHigh = value === Infinity && !orInfinity;
  if (typeof value !== 'number' || isHigh || !(orZero ? value >= 0 : value > 0)) {
    const expected = `a ${orInfinity ? '' : 'finite '}number ${orZero ? 'of at least' : 'above'} 0`;
    throw wrongType(option, expected, value);
  }
  return value;
}
