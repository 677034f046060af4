import { invalidInput, wrongType } from './errors.ts';

/** An object that may have fields: no array, no function. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws DepwatchError ERR_INVALID_INPUT that names the field, as the other functions here */
export function checkRecord(field: string, value: unknown, expected = 'an object'): void {
  if (!isRecord(value)) throw wrongType(field, expected, value);
}

/** Checks text, or undefined. */
export function checkText(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string') throw wrongType(field, 'a string', value);
}

/** Checks a boolean, or undefined. */
export function checkBoolean(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean')
    throw wrongType(field, 'true or false', value);
}

/** Checks what takes these methods; some loggers are functions with methods. */
export function checkMethods(field: string, value: unknown, methods: readonly string[]): void {
  const expected = `an object with ${methods.join(', ')}`;
  if (!isRecord(value) && typeof value !== 'function') throw wrongType(field, expected, value);
  const members = value as Record<string, unknown>;
  const missing = methods.find((method) => typeof members[method] !== 'function');
  if (missing !== undefined)
    throw invalidInput(`${field}: expected ${expected}; ${missing} is no function`);
}

/** Checks the options of a call, which may have none, and the signal among them. */
export function checkCallOptions(options: unknown): void {
  if (options === undefined) return;
  checkRecord('options', options);
  checkSignal((options as { signal?: unknown }).signal);
}

/**
 * The options of a call, which ends with `signal` unless they have one of their own. They are checked first, since a spread would
 * hide what they are.
 */
export function endingWith<Options extends object>(
  signal: AbortSignal,
  options: Options | undefined,
): Options & { signal: AbortSignal } {
  checkCallOptions(options);
  return { signal, ...options } as Options & { signal: AbortSignal };
}

/** Checks an AbortSignal, or undefined. */
export function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  const { addEventListener, removeEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof addEventListener !== 'function' || typeof removeEventListener !== 'function')
    throw wrongType('signal', 'an AbortSignal', signal);
}

/**
 * A value as JSON.
 *
 * @param opening what it begins with, unless its `toJSON` makes something else of it
 */
export function encodeJson(field: string, value: object, opening: '{' | '['): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value) as string | undefined;
  } catch {
    // A cycle, a BigInt, a getter that throws; what is said of it may quote data.
  }
  if (!text?.startsWith(opening)) throw invalidInput(`${field}: can't be written as JSON`);
  return text;
}
