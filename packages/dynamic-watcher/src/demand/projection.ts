/** What a select returned says nothing as JSON. */
export class UncomparableError extends Error {}

/**
 * What a select returned, as JSON that differs where it differs: a Map or a Set as the array of what it holds, a bigint as
 * its digits. What JSON leaves out for good reason (undefined) is left out.
 *
 * @throws UncomparableError for what JSON would lose: a promise, a function, a symbol, an iterator and the like
 */
export function projectionText(value: unknown): string {
  return JSON.stringify(value, comparable) ?? 'null';
}

function comparable(_key: string, value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return `${value}n`;
    case 'function':
    case 'symbol':
      throw lost(`a ${typeof value}`);
    case 'object':
      return value === null ? value : ofObject(value);
    default:
      return value;
  }
}

function ofObject(value: object): unknown {
  if (value instanceof Map || value instanceof Set) return [...value];
  if (isThenable(value)) {
    // Nobody else hears of its rejection, which would end the process.
    value.then(undefined, () => {});
    throw lost('a promise');
  }
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (isPlain || Object.keys(value).length > 0 || Object.getPrototypeOf(value) === null) {
    return value;
  }
  throw lost(`an object of ${value.constructor.name}`);
}

function isThenable(value: object): value is PromiseLike<unknown> {
  return 'then' in value && typeof value.then === 'function';
}

function lost(what: string): UncomparableError {
  return new UncomparableError(`a select returned ${what}, which can't be compared as JSON`);
}
