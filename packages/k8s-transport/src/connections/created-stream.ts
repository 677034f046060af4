import { subscribe } from 'node:diagnostics_channel';
import type { ClientHttp2Stream } from 'node:http2';

/** Who gets a stream. */
export interface StreamReceiver {
  onStream(stream: ClientHttp2Stream): void;
}

let expecting: StreamReceiver | undefined;
let listening = false;

/**
 * Gives the next HTTP/2 stream that is opened within this turn to `receiver`. undici keeps its streams to itself, and
 * Node tells of each as it is made.
 */
export function expectStream(receiver: StreamReceiver): void {
  if (!listening) subscribe('http2.client.stream.created', onCreated);
  listening = true;
  expecting = receiver;
  // HTTP/1.1 opens none.
  queueMicrotask(forget);
}

function onCreated(message: unknown): void {
  expecting?.onStream((message as { stream: ClientHttp2Stream }).stream);
  expecting = undefined;
}

function forget(): void {
  expecting = undefined;
}
