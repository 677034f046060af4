import {
  DepwatchError,
  invalidInput,
  validateObjectIdentifier,
  type ObjectIdentifier,
} from '@depwatch/core';
import { checkDependOptions } from './check-options.ts';
import type { DependOptions } from './public-interface.ts';

/** Checks an identifier of one object, or of a selector. @throws DepwatchError ERR_INVALID_INPUT that names the argument */
export function validateNamed(argument: string, id: ObjectIdentifier): void {
  named(argument, validateObjectIdentifier, id);
}

/** Names the argument in the error of a check, since several arguments have the same fields. */
export function named<T>(argument: string, check: (value: T) => void, value: T): void {
  try {
    check(value);
  } catch (error) {
    if (!(error instanceof DepwatchError)) throw error;
    throw invalidInput(`${argument}: ${error.message}`, error);
  }
}

/** Whether a call waits for what is not to be had. @param otherwise whether it does where its options don't say */
export function doesWait(options: DependOptions, otherwise: boolean): boolean {
  checkDependOptions(options);
  const { unavailable } = options;
  return unavailable === undefined ? otherwise : unavailable === 'wait';
}
