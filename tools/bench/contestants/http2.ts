import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';

import type { Contestant, ContestantOptions } from './contestant.ts';
import { startFloor, type FloorClient, type Target } from './floor.ts';

const streamsPerConnection = 100;
const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 16 * 1024 * 1024;

/** The floor: plain node:http2, a connection for each 100 requests. */
export async function start(options: ContestantOptions): Promise<Contestant> {
  return startFloor(options, createClient);
}

interface Connection {
  readonly session: ClientHttp2Session;
  streams: number;
}

function createClient({ origin, ca }: Target): FloorClient {
  const connections: Connection[] = [];
  const open = async (): Promise<Connection> => {
    const session = connect(origin, { ca, settings: { initialWindowSize: streamWindowBytes } });
    await once(session, 'connect');
    session.setLocalWindowSize(connectionWindowBytes);
    // Its streams tell.
    session.on('error', () => {});
    const connection = { session, streams: 0 };
    connections.unshift(connection);
    return connection;
  };
  /** One after the other: a busy server drops connections that come all at once. */
  let last: Promise<unknown> = Promise.resolve();
  const withRoom = (): Promise<Connection> => {
    const next = last.then(async () => {
      const connection =
        connections.find(({ streams }) => streams < streamsPerConnection) ?? (await open());
      connection.streams += 1;
      return connection;
    });
    last = next.catch(() => {});
    return next;
  };
  return {
    get(path, headers, { data, ended }) {
      let stream: ClientHttp2Stream | undefined;
      let cancelled = false;
      const send = async (): Promise<void> => {
        const connection = await withRoom();
        stream = connection.session.request({ ':path': path, ...headers });
        if (cancelled) stream.close(constants.NGHTTP2_CANCEL);
        stream.on('response', ({ ':status': status }) => {
          if (status !== 200) ended(new Error(`the server answered ${status}`));
        });
        stream.on('data', data).on('error', ended);
        stream.once('close', () => {
          connection.streams -= 1;
          ended(new Error(`the stream was ended with code ${stream!.rstCode}`));
        });
      };
      send().catch(ended);
      return () => {
        cancelled = true;
        stream?.close(constants.NGHTTP2_CANCEL);
      };
    },
    async close() {
      for (const { session } of connections) session.destroy();
    },
  };
}
