import { Agent, request as ask } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { LoopbackServer, type Request, type Response } from './loopback-server.ts';

/** What the front says in the server's place. */
export interface FrontAnswer {
  readonly status: number;
  /** JSON if it is an object, else a page. */
  readonly body: object | string;
  /** How often; default: until it is undone. */
  readonly times?: number;
  /** Which requests; default: all. */
  readonly match?: (target: string) => boolean;
}

interface KubeConfigText {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
}

/** Headers that are of a connection, not of an answer. */
const ofConnection = ['connection', 'keep-alive', 'transfer-encoding', 'host'];

/** A reverse proxy before an API server, as a load balancer is, that can answer in the server's place. */
export class Front implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #target: string;
  #server!: LoopbackServer;
  #answers: { answer: FrontAnswer; given: number }[] = [];
  /** A kubeconfig that goes through the front. */
  kubeConfig = '';

  private constructor(target: string, ca: Buffer) {
    this.#target = target;
    this.#agent = new Agent({ keepAlive: true, ca });
  }

  /** @param kubeConfig the text of a kubeconfig of the server, as JSON */
  static async to(kubeConfig: string): Promise<Front> {
    const config = JSON.parse(kubeConfig) as KubeConfigText;
    const { cluster } = config.clusters[0]!;
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
    const front = new Front(cluster.server, ca);
    front.#server = await LoopbackServer.start((...exchange) => front.#handle(...exchange));
    cluster.server = `https://127.0.0.1:${front.#server.port}`;
    const authority = Buffer.from(front.#server.certificateAuthority).toString('base64');
    cluster['certificate-authority-data'] = authority;
    front.kubeConfig = JSON.stringify(config);
    return front;
  }

  /** Answers in the server's place, until the returned function is called; it returns how many times it was. */
  respond(answer: FrontAnswer): () => number {
    const rule = { answer, given: 0 };
    this.#answers.push(rule);
    return () => {
      this.#answers = this.#answers.filter((other) => other !== rule);
      return rule.given;
    };
  }

  /** How many answers that are so many and no more are still to be given. */
  get owed(): number {
    return this.#answers.reduce(
      (sum, { answer, given }) => sum + (answer.times ?? given) - given,
      0,
    );
  }

  cut(): void {
    this.#server.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    this.#agent.destroy();
  }

  #handle(request: Request, response: Response): void {
    const rule = this.#answers.find(
      ({ answer: { times = Infinity, match }, given }) =>
        given < times && (match?.(request.url!) ?? true),
    );
    if (!rule) return this.#forward(request, response);
    rule.given += 1;
    const { status, body } = rule.answer;
    const isPage = typeof body === 'string';
    response.writeHead(status, { 'content-type': isPage ? 'text/html' : 'application/json' });
    response.end(isPage ? body : JSON.stringify(body));
  }

  #forward(request: Request, response: Response): void {
    const call = ask(this.#target + request.url, {
      method: request.method,
      headers: withoutConnection(request.headers),
      agent: this.#agent,
    });
    call.on('error', () => response.destroy());
    call.on('response', (answer) => {
      answer.on('error', () => response.destroy());
      response.writeHead(answer.statusCode!, withoutConnection(answer.headers));
      // An answer that is a watch begins before there is anything to tell.
      response.flushHeaders();
      answer.pipe(response);
    });
    response.once('close', () => call.destroy());
    request.pipe(call);
  }
}

function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !name.startsWith(':') && !ofConnection.includes(name),
    ),
  );
}
