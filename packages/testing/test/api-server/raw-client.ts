import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body, parsed; the text where it is no JSON. */
  readonly body: any;
}

export interface WatchLine {
  readonly type: string;
  readonly object: any;
}

export interface RequestOptions {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  /** Instead of the client's own; `''`: none. */
  readonly token?: string;
  /** More headers; a list is sent as that many headers. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly userAgent?: string;
}

/** A client of the wire alone, over one HTTP/2 connection. */
export class RawClient implements AsyncDisposable {
  readonly url: string;
  readonly #token: string;
  readonly #ca: Buffer;
  #session: ClientHttp2Session | undefined;

  constructor(kubeConfig: string) {
    const config = JSON.parse(kubeConfig);
    const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
    this.url = server;
    this.#token = config.users[0].user.token;
    this.#ca = Buffer.from(ca, 'base64');
  }

  session(): ClientHttp2Session {
    if (!this.#session || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(this.url, { ca: this.#ca });
      this.#session.on('error', () => {});
    }
    return this.#session;
  }

  stream(method: string, path: string, options: RequestOptions = {}): ClientHttp2Stream {
    const { body, accept, contentType, userAgent, token = this.#token, headers } = options;
    const stream = this.session().request(
      {
        ':method': method,
        ':path': path,
        ...(token && { authorization: `Bearer ${token}` }),
        ...(accept && { accept }),
        ...(headers as Record<string, string | string[]>),
        ...(userAgent && { 'user-agent': userAgent }),
        ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
      },
      { endStream: body === undefined },
    );
    if (body !== undefined)
      stream.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    return stream;
  }

  request(method: string, path: string, options: RequestOptions = {}): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const stream = this.stream(method, path, options);
      const chunks: Buffer[] = [];
      let headers: Record<string, any> = {};
      stream.on('response', (received) => (headers = received));
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('close', () => reject(new Error(`closed: ${stream.rstCode}`)));
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: Number(headers[':status']),
          contentType: String(headers['content-type']),
          headers,
          text,
          body: parse(text),
        });
      });
    });
  }

  get = (path: string, options?: RequestOptions) => this.request('GET', path, options);
  post = (path: string, body: unknown, options?: RequestOptions) =>
    this.request('POST', path, { ...options, body });
  put = (path: string, body: unknown, options?: RequestOptions) =>
    this.request('PUT', path, { ...options, body });
  patch = (path: string, body: unknown, type = 'merge') =>
    this.request('PATCH', path, {
      body,
      contentType: type.includes('/') ? type : `application/${type}-patch+json`,
    });
  delete = (path: string, body?: unknown) =>
    this.request('DELETE', path, body === undefined ? {} : { body });

  /** Opens a watch; it resolves when the server has accepted it. */
  async watch(path: string, options: RequestOptions = {}): Promise<RawWatch> {
    const stream = this.stream('GET', path, options);
    const watch = new RawWatch(stream);
    await watch.accepted;
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#session;
    if (!session || session.destroyed) return;
    const closed = new Promise<void>((resolve) => session.once('close', resolve));
    session.destroy();
    await closed;
  }
}

/** A watch stream, line by line. */
export class RawWatch {
  readonly stream: ClientHttp2Stream;
  /** The HTTP status, once there. */
  readonly accepted: Promise<number>;
  /** All lines so far. */
  readonly lines: WatchLine[] = [];
  /** `end` or an error's message, once it is over. */
  ended: string | undefined;
  /** What came after the last line's end. */
  rest = '';
  #wake: () => void = () => {};

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
    this.accepted = new Promise((resolve, reject) => {
      stream.once('response', (headers) => resolve(Number(headers[':status'])));
      stream.once('error', reject);
      stream.once('close', () => reject(new Error(`closed: ${stream.rstCode}`)));
    });
    this.accepted.catch(() => {});
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (this.rest + chunk).split('\n');
      this.rest = lines.pop()!;
      for (const line of lines) if (line !== '') this.lines.push(parse(line));
      this.#wake();
    });
    const end = (how: string): void => {
      this.ended ??= how;
      this.#wake();
    };
    stream.on('error', (error) => end(error.message));
    stream.on('end', () => end(stream.rstCode === 0 ? 'end' : `reset ${stream.rstCode}`));
    stream.on('close', () => end(`closed ${stream.rstCode}`));
  }

  /** Resolves when there are so many lines. */
  async until(count: number): Promise<WatchLine[]> {
    while (this.lines.length < count) {
      if (this.ended) throw new Error(`ended (${this.ended}) after ${JSON.stringify(this.lines)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.lines;
  }

  /** Resolves when it is over, with how. */
  async untilEnd(): Promise<string> {
    while (!this.ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.ended;
  }

  close(): void {
    this.stream.close();
  }
}

function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
