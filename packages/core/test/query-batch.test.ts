import { expect, test } from 'vitest';
import { createQueryBatchRecord, type ObjectIdentifier } from '../src/index.ts';

const id = (name: string): ObjectIdentifier => ({
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'ns',
  name,
});

test('a record knows what was there and what was asked for, each once', () => {
  const record = createQueryBatchRecord([id('a'), id('b')]);
  record.ask(id('c'));
  record.ask({ ...id('c'), group: '' });
  record.ask(id('b'));
  expect(record.before()).toEqual([id('a'), id('b')]);
  expect(record.asked()).toEqual([{ ...id('c'), group: '' }, id('b')]);
  expect(record.had(id('a'))).toBe(true);
  expect(record.had(id('c'))).toBe(false);
});
