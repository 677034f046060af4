/** A process with the API server of @depwatch/testing, which writes to its own objects without the wire. */
import { setImmediate as nextTurn } from 'node:timers/promises';

import { startApiServer } from '@depwatch/testing';

import { configMap } from '../objects.ts';
import { serve } from '../remote.ts';
import { createLoad, type Load } from './load.ts';

/** What the process offers. */
export type InProcessHandlers = Load & {
  kubeConfig(): string;
  openWatches(): number;
};

/** Writes of one turn of the event loop. */
const atOnce = 32;

const server = await startApiServer({
  // 50,000 objects go out in one burst.
  maxWatchBufferBytes: 1024 * 1024 * 1024,
  historyLimit: 100_000,
});
server.objects.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bench' } });

const handlers: InProcessHandlers = {
  ...createLoad(atOnce, async (index, revision, place) => {
    const { metadata } = server.objects.apply(configMap(index, revision, place));
    await nextTurn();
    return Number((metadata as { resourceVersion?: string }).resourceVersion);
  }),
  kubeConfig: () => server.kubeConfig,
  openWatches: () => server.requests.openWatches({ resource: 'configmaps' }),
};
serve(handlers);
