import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

const entry = join(import.meta.dirname, '../src/fake-transport/create-fake-transport.ts');

/** What a module and all that it imports take from elsewhere, types aside. */
function foreignImports(path: string, seen = new Set<string>()): Set<string> {
  const foreign = new Set<string>();
  if (seen.has(path)) return foreign;
  seen.add(path);
  const text = readFileSync(path, 'utf8');
  for (const [, names = '', from = ''] of text.matchAll(/^import ([^;]*?) from '([^']+)';$/gms)) {
    if (names.startsWith('type ')) continue;
    if (!from.startsWith('.')) foreign.add(from);
    else for (const one of foreignImports(join(dirname(path), from), seen)) foreign.add(one);
  }
  return foreign;
}

test('the fake takes no sockets, certificates or rule engine along from the API server beside it', () => {
  expect([...foreignImports(entry)].toSorted()).toEqual([
    '@depwatch/core',
    'node:timers/promises',
    'node:util',
    'yaml',
  ]);
});
