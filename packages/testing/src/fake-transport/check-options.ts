import { invalidInput } from '@depwatch/core';

import type { FakeTransportOptions } from './fake-transport.ts';

const known = new Set(['clock', 'objects', 'resources']);

/** @throws DepwatchError ERR_INVALID_INPUT naming the option that is unknown or of the wrong type */
export function checkOptions(options: FakeTransportOptions): void {
  for (const name of Object.keys(options)) {
    if (known.has(name)) continue;
    throw invalidInput(`${name}: is no option; there are ${[...known].join(', ')}`);
  }
  const { clock, resources } = options;
  if (clock !== undefined && typeof clock?.now !== 'function') {
    throw invalidInput('clock: must be a virtual clock, as createVirtualClock() makes it');
  }
  if (resources !== undefined && !Array.isArray(resources)) {
    throw invalidInput('resources: must be a list of kinds');
  }
  for (const [index, kind] of (resources ?? []).entries()) {
    if (typeof kind === 'object' && kind !== null) continue;
    throw invalidInput(`resources[${index}]: must be an object with version and kind`);
  }
}
