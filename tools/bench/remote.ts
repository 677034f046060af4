/** Calls between the runner and the processes that it starts: the contestants, the load generator, the in-process server. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { finished } from 'node:stream/promises';

/** The environment variable in which processes get the text of a kubeconfig, with its token. */
export const kubeConfigVariable = 'DEPWATCH_BENCH_KUBECONFIG';

/** What a process offers. Arguments and results are cloned on their way. */
export type Handlers = Record<string, (...args: never[]) => unknown>;

/** The handlers of another process. */
export type Remote<H> = {
  readonly [Name in keyof H]: H[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: never[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Offers handlers to the process that started this one, and ends when that one lets go of it. */
export function serve(handlers: Handlers): void {
  process.on('message', ({ id, name, args }: Call) => {
    const answer = (outcome: Omit<Answer, 'id'>): void => void process.send!({ id, ...outcome });
    Promise.resolve()
      .then(() => handlers[name]!(...args))
      .then(
        (result) => answer({ result }),
        (error: Error) => answer({ error: error.stack ?? String(error) }),
      );
  });
  process.once('disconnect', () => process.exit());
  process.send!('ready');
}

/** A process that was started, and its handlers. */
export interface RemoteProcess<H> extends AsyncDisposable {
  readonly handlers: Remote<H>;
}

/** What {@link startProcess} may be told. */
export interface ProcessOptions {
  readonly args?: readonly string[];
  /** Added to the environment: for what other users of the machine must not read. */
  readonly env?: NodeJS.ProcessEnv;
  /** Flags of Node. */
  readonly nodeFlags?: readonly string[];
}

/** How long a process has to end by itself. */
const patienceMs = 5_000;
const keptOutput = 4_000;

/**
 * Starts a module that calls {@link serve}, and waits until it has.
 *
 * @throws Error with the end of what it printed, when it ends before
 */
export async function startProcess<H extends Handlers>(
  file: string,
  { args = [], env, nodeFlags = [] }: ProcessOptions = {},
): Promise<RemoteProcess<H>> {
  const child = fork(file, args, {
    env: { ...process.env, ...env },
    execArgv: [...nodeFlags],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (text) => (output = `${output}${text}`.slice(-keptOutput)));
  }
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  const ready = Promise.withResolvers<void>();
  // Not 'close', which a child that was disconnected from never emits.
  const exited = once(child, 'exit').then(async ([code, signal]) => {
    await Promise.all([finished(child.stdout!), finished(child.stderr!)]);
    const error = new Error(`${basename(file)} ended with ${signal ?? code}\n${output}`.trimEnd());
    ready.reject(error);
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  });
  child.on('message', (message: Answer | 'ready') => {
    if (message === 'ready') return ready.resolve();
    const call = pending.get(message.id);
    pending.delete(message.id);
    if (message.error === undefined) call?.resolve(message.result);
    else call?.reject(new Error(message.error));
  });
  // The latter rejects when there is nothing to start.
  await Promise.race([ready.promise, exited]);

  let calls = 0;
  const call = (name: string, callArgs: unknown[]): Promise<unknown> => {
    const id = calls++;
    const answer = Promise.withResolvers<unknown>();
    pending.set(id, answer);
    if (child.connected) child.send({ id, name, args: callArgs });
    else answer.reject(new Error(`${file} has ended`));
    return answer.promise;
  };
  const handlers = new Proxy(
    {},
    // Without a `then`, so that awaiting the proxy itself calls nothing.
    {
      get: (_, name) => (name === 'then' ? undefined : (...a: unknown[]) => call(String(name), a)),
    },
  ) as Remote<H>;
  return { handlers, [Symbol.asyncDispose]: () => end(child, exited) };
}

async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.connected) child.disconnect();
  const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await exited;
  clearTimeout(kill);
}
