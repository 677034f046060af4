import type { BrokenTransport } from './break.ts';
import { brokenDiscovery } from './discovery.ts';
import { brokenEndings } from './endings.ts';
import { brokenLists } from './lists.ts';
import { brokenObjects } from './objects.ts';
import { brokenWatches } from './watches.ts';

/** Transports that are wrong in one way each. */
export const brokenTransports: readonly BrokenTransport[] = [
  ...brokenDiscovery,
  ...brokenLists,
  ...brokenWatches,
  ...brokenEndings,
  ...brokenObjects,
];
