import { type Dispatcher, Pool } from 'undici';

import type { Contestant, ContestantOptions } from './contestant.ts';
import { startFloor, type FloorClient, type Target } from './floor.ts';

/** The undici floor: the same requests on one pool, which decides on its connections itself. */
export async function start(options: ContestantOptions): Promise<Contestant> {
  return startFloor(options, createClient);
}

function createClient({ origin, ca }: Target): FloorClient {
  const pool = new Pool(origin, {
    allowH2: true,
    connect: { ca },
    headersTimeout: 0,
    bodyTimeout: 0,
    h2Options: {
      maxConcurrentStreams: 100,
      connectionWindowSize: 16 * 1024 * 1024,
      // Read, though the types only know `settings`.
      ...{ initialWindowSize: 1024 * 1024 },
    },
  });
  return {
    get(path, headers, { data, ended }) {
      let controller: Dispatcher.DispatchController | undefined;
      pool.dispatch(
        { method: 'GET', path, headers },
        {
          onRequestStart: (started) => (controller = started),
          onResponseStart(_, status) {
            if (status !== 200) ended(new Error(`the server answered ${status}`));
          },
          onResponseData: (_, chunk) => data(chunk),
          onResponseEnd: () => ended(new Error('the server ended the stream')),
          onResponseError: (_, error) => ended(error),
        },
      );
      return () => controller?.abort(new Error('cancelled'));
    },
    close: () => pool.destroy(),
  };
}
