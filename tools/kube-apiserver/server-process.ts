import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

const logTailLines = 20;

/** What to start, and where. */
export interface ServerProcessOptions {
  /** The program's absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  /** The working folder: relative paths in `args` start here. */
  readonly folder: string;
  /** The absolute path of the file that gets what the program prints, after what is in it already. */
  readonly logFile: string;
}

/** A server that was started as a child process. */
export interface ServerProcess {
  /** Its process id. */
  readonly pid: number;
  /** Resolves when it has ended, to how: `exit code 1`, `SIGKILL`. Never rejects. */
  readonly exited: Promise<string>;
  /** Sends a signal, unless it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** Rejects when it has ended, with an error that says how and what it printed last. Never resolves. */
  failure(): Promise<never>;
}

/**
 * Starts a server.
 *
 * @throws Error if the program can't be run.
 */
export function startServerProcess({
  program,
  args,
  folder,
  logFile,
}: ServerProcessOptions): ServerProcess {
  const log = openSync(logFile, 'a', 0o600);
  // etcd takes any of its flags from a variable, too.
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_'));
  const child = spawn(program, args, {
    cwd: folder,
    // Ctrl-C in a terminal is for this process alone, which may need the server until it has finished.
    detached: true,
    // The system closes the pipe even when this process is killed and can't end its children itself.
    env: { ...Object.fromEntries(environment), DEPWATCH_EXIT_ON_STDIN_END: '1' },
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  if (child.pid === undefined) throw new Error(`${program} can't be run`);

  return {
    pid: child.pid,
    exited,
    signal(signal) {
      child.kill(signal);
    },
    async failure() {
      const how = await exited;
      const tail = (await readFile(logFile, 'utf8').catch(() => ''))
        .trimEnd()
        .split('\n')
        .slice(-logTailLines);
      throw new Error(
        `${basename(program)} ended with ${how}; the end of its log:\n${tail.join('\n')}`,
      );
    },
  };
}
