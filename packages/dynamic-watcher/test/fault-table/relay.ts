import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP relay in front of an API server: what a network does to connections, it can do to those that go through it. */
export class Relay implements AsyncDisposable {
  readonly #listener: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #down = false;
  #accepted = 0;

  private constructor(target: string) {
    const { hostname, port } = new URL(target);
    this.#target = { host: hostname, port: Number(port) };
    this.#listener = createServer((socket) => this.#accept(socket));
  }

  static async to(target: string): Promise<Relay> {
    const relay = new Relay(target);
    relay.#listener.listen(0, '127.0.0.1');
    await once(relay.#listener, 'listening');
    return relay;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** How many connections there have been so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Breaks all connections. */
  cut(): void {
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  }

  /** Breaks all connections, and those to come, until the returned function is called. */
  down(): () => void {
    this.#down = true;
    this.cut();
    return () => {
      this.#down = false;
    };
  }

  /** Nothing goes through the present connections any more, and nobody is told; new ones work. */
  blackHole(): void {
    for (const [near, far] of this.#pairs) {
      near.unpipe(far).pause();
      far.unpipe(near).pause();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #accept(near: Socket): void {
    near.on('error', () => {});
    if (this.#down) {
      near.resetAndDestroy();
      return;
    }
    this.#accepted += 1;
    const far = connect(this.#target);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    far.on('error', () => {});
    near.once('close', () => {
      this.#pairs.delete(pair);
      far.destroy();
    });
    far.once('close', () => near.destroy());
    near.setNoDelay(true).pipe(far.setNoDelay(true)).pipe(near);
  }
}
