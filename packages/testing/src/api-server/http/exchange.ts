import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

import { tooLarge } from './status.ts';

/** The most that a request may bring: the real server's limit. */
export const maxBodyBytes = 3 * 1024 * 1024;

/** One request and its answer, over HTTP/2 or HTTP/1.1 alike. */
export class Exchange {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, each as often as it was sent. */
  readonly rawHeaders: readonly string[];
  readonly #request: Http2ServerRequest | IncomingMessage;
  readonly #response: Http2ServerResponse | ServerResponse;
  /** The paths of fields that its body has twice. */
  duplicateFields: readonly string[] = [];
  readonly #warnings: string[] = [];

  constructor(
    request: Http2ServerRequest | IncomingMessage,
    response: Http2ServerResponse | ServerResponse,
  ) {
    this.method = request.method ?? 'GET';
    this.target = request.url ?? '/';
    this.headers = request.headers;
    this.rawHeaders = request.rawHeaders;
    this.#request = request;
    this.#response = response;
    // A client that goes away mid-way is no failure of the server.
    request.on('error', () => {});
    response.on('error', () => {});
    // Node waits for what is still to be written to a stream that its client has closed, and it never will be.
    if ('stream' in response) response.stream.once('aborted', () => response.stream.destroy());
  }

  /** Whether the client is still there. */
  get open(): boolean {
    // Node's response of HTTP/2 doesn't say of itself that it was destroyed.
    const { destroyed } = 'stream' in this.#response ? this.#response.stream : this.#response;
    return !destroyed && !this.#response.writableEnded;
  }

  /** What has been written and not yet sent. */
  get bufferedBytes(): number {
    return 'stream' in this.#response
      ? this.#response.stream.writableLength
      : this.#response.writableLength;
  }

  /** Runs once when the exchange is over, however it ended. */
  onClose(run: () => void): void {
    this.#response.once('close', run);
  }

  /**
   * Reads the body whole.
   *
   * @throws StatusError 413 when it is too large
   */
  async body(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.#request) {
      size += (chunk as Buffer).length;
      if (size > maxBodyBytes) throw tooLarge(maxBodyBytes);
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  }

  /** Has the answer carry a warning. */
  warn(text: string): void {
    const quoted = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    this.#warnings.push(`299 - "${quoted}"`);
  }

  /** Answers with a whole body. */
  send(
    status: number,
    contentType: string,
    body: string | Buffer,
    more: OutgoingHeaders = {},
  ): void {
    if (!this.open) return;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    this.#writeHead(status, {
      'content-type': contentType,
      'content-length': String(bytes.length),
      ...more,
    });
    if (this.method === 'HEAD') this.#response.end();
    else this.#response.end(bytes);
  }

  /** Answers without a body. */
  sendHead(status: number, headers: OutgoingHeaders): void {
    if (!this.open) return;
    this.#writeHead(status, headers);
    this.#response.end();
  }

  /** Starts an answer that has no set end; {@link write} and {@link end} go on with it. */
  startStream(contentType: string): void {
    this.#writeHead(200, { 'content-type': contentType });
    // So that the client sees the watch accepted before there is anything to tell; HTTP/2 does so by itself.
    if (!('stream' in this.#response)) this.#response.flushHeaders();
  }

  write(bytes: Buffer): void {
    if (this.open) (this.#response as ServerResponse).write(bytes);
  }

  end(): void {
    if (this.open) this.#response.end();
  }

  /**
   * Has the client use another connection for what comes next, where this one would carry many requests at once (HTTP/2):
   * those that the server has seen are answered, later ones are not looked at.
   */
  leaveConnection(): void {
    if ('stream' in this.#response) this.#response.stream.session?.close();
  }

  /** Breaks it off: a reset stream, or a connection that closes. */
  destroy(): void {
    if ('stream' in this.#response) this.#response.stream.destroy();
    else this.#response.destroy();
  }

  #writeHead(status: number, headers: OutgoingHeaders): void {
    const warnings: OutgoingHeaders = this.#warnings.length > 0 ? { warning: this.#warnings } : {};
    (this.#response as ServerResponse).writeHead(status, {
      'cache-control': 'no-cache, private',
      ...warnings,
      ...headers,
    });
  }
}

type OutgoingHeaders = Record<string, string | string[]>;
