import { createPrometheusMetrics } from '@depwatch/adapter-prometheus';
import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { Registry } from 'prom-client';

import type { Contestant, ContestantOptions } from './contestant.ts';
import { startWith } from './with-depwatch.ts';

/** The depwatch of this checkout, which tells a registry of prom-client what it does. */
export function start(options: ContestantOptions): Promise<Contestant> {
  const metrics = createPrometheusMetrics({ registry: new Registry() });
  return startWith(createDynamicWatcher, options, { metrics });
}
