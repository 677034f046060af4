import { describe, expect, test } from 'vitest';
import { DepwatchError } from '../src/index.ts';
import { loggable } from '../src/ports/logger.ts';

describe('fields for a logger', () => {
  test('have an error of other code under err, where pino and bunyan write its message and stack', () => {
    const error = new TypeError('no such theme');
    expect(loggable({ watcher: 'a', error })).toEqual({ watcher: 'a', err: error });
  });

  test.each([
    ['nothing that failed', { outageMs: 5 }],
    [
      'a DepwatchError, which is plain data as JSON',
      { error: new DepwatchError('ERR_ABORTED', 'over') },
    ],
    ['what was thrown and is no error', { error: 'no such theme' }],
    ['nothing that was thrown', { error: undefined }],
  ])('are as they are with %s', (_, fields) => {
    expect(loggable(fields)).toBe(fields);
  });
});
