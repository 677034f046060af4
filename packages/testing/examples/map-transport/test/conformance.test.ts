import { transportConformance } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';

import { MapServer } from '../src/map-server.ts';
import { MapTransport } from '../src/map-transport.ts';

const server = new MapServer();
let namespaces = 0;

const cases = transportConformance({
  transport: () => new MapTransport(server),
  namespace: () => `conformance-${(namespaces += 1)}`,
  put: (object) => server.put(object),
  remove: (object) => server.remove(object),
  // The one capability that this server has; the cases of all others are skipped.
  compact: () => server.compact(),
});

describe('a MapTransport', () => {
  for (const { name, missing, run } of cases) {
    test.skipIf(missing.length > 0)(name, run);
  }
});

test('what is skipped is what this server is known to lack', () => {
  expect(new Set(cases.flatMap(({ missing }) => missing))).toEqual(
    new Set([
      'breakWatches',
      'client',
      'closable',
      'closeWatches',
      'forbidden',
      'registerKind',
      'unauthorized',
      'unregisterKind',
      'unwatchable',
    ]),
  );
});
