import { subscribe } from 'node:diagnostics_channel';
import type { ClientHttp2Stream } from 'node:http2';

type Created = { readonly stream: ClientHttp2Stream };

let expecting: ((stream: ClientHttp2Stream) => void) | undefined;
let listening = false;

/**
 * Gives the next HTTP/2 stream that is opened within this turn to `receive`. undici keeps its streams to itself, and
 * Node tells of each as it is made.
 */
export function expectStream(receive: (stream: ClientHttp2Stream) => void): void {
  if (!listening) subscribe('http2.client.stream.created', onCreated);
  listening = true;
  expecting = receive;
  queueMicrotask(forget);
}

function onCreated(message: unknown): void {
  expecting?.((message as Created).stream);
  expecting = undefined;
}

function forget(): void {
  expecting = undefined;
}
