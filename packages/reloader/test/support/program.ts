import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const node = fileURLToPath(new URL('../../../../node_modules/.bin/node', import.meta.url));
const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const patienceMs = 25_000;

/** A run of `depwatch-reloader`, from source. */
export class Program {
  readonly child: ChildProcess;
  /** The lines of its standard output so far. */
  readonly lines: string[] = [];
  readonly #closed = Promise.withResolvers<number | string>();
  #stderr = '';
  #wake = Promise.withResolvers<void>();

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const { KUBECONFIG: _file, KUBERNETES_SERVICE_HOST: _host, ...inherited } = process.env;
    this.child = spawn(node, ['--conditions=@depwatch/source', cli, ...args], {
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.lines.push(line);
      this.#notify();
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.child.once('close', (code, signal) => {
      this.#closed.resolve(code ?? String(signal));
      this.#notify();
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The exit code, or the name of the signal that ended it. */
  get exit(): Promise<number | string> {
    return this.#closed.promise;
  }

  /** The first line that holds `part`. */
  async line(part: string): Promise<string> {
    const late = AbortSignal.timeout(patienceMs);
    late.addEventListener('abort', () => this.#notify());
    for (;;) {
      const found = this.lines.find((line) => line.includes(part));
      if (found !== undefined) return found;
      if (late.aborted || this.child.exitCode !== null) {
        const output = [...this.lines, this.#stderr].join('\n');
        throw new Error(`waited for a line with ${JSON.stringify(part)} and saw:\n${output}`);
      }
      await this.#wake.promise;
    }
  }

  /** Sends a signal, and waits for the end. @returns how long that took, in milliseconds, and the exit code */
  async end(signal: NodeJS.Signals): Promise<{ code: number | string; ms: number }> {
    const since = performance.now();
    this.child.kill(signal);
    const code = await this.exit;
    return { code, ms: performance.now() - since };
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
