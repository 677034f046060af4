import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { findKubeApiServer, type KubeApiServerBinaries } from './binaries.ts';
import { startControlPlane } from './control-plane.ts';
import { isFormattedKubeConfig } from './kubeconfig.ts';

const help = `Starts a kube-apiserver and an etcd on 127.0.0.1, until it gets SIGINT (Ctrl-C) or SIGTERM.

usage: node tools/kube-apiserver/cli.ts [options]

  --kubeconfig FILE  where to write the administrator's kubeconfig (default: in a new temporary folder);
                     the file is removed at the end
  --user NAME        also write a kubeconfig for this user, who has only what RBAC grants, beside the
                     administrator's as FILE-NAME; may be given several times
  --build            only build the programs if there are none, and print the folder they are in
  --print-path       only print the folder the programs are in; exit code 1 if there are none
  --help             print this
`;

process.exitCode = await main();

async function main(): Promise<number> {
  let flags;
  try {
    flags = parseFlags();
  } catch (error) {
    console.error(`${messageOf(error)}\n"--help" lists the options.`);
    return 2;
  }
  if (flags.help) {
    process.stdout.write(help);
    return 0;
  }
  try {
    const binaries = await findKubeApiServer({
      build: !flags['print-path'],
      log: (line) => console.error(line),
    });
    if (!binaries) return 1;
    if (flags['print-path'] || flags.build) {
      console.log(dirname(binaries.kubeApiServer));
      return 0;
    }
    await runUntilSignal(binaries, flags.kubeconfig, flags.user);
    return 0;
  } catch (error) {
    console.error(messageOf(error));
    return 1;
  }
}

function parseFlags() {
  return parseArgs({
    options: {
      build: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      kubeconfig: { type: 'string' },
      'print-path': { type: 'boolean', default: false },
      user: { type: 'string', multiple: true, default: [] },
    },
  }).values;
}

async function runUntilSignal(
  binaries: KubeApiServerBinaries,
  kubeConfigFile: string | undefined,
  users: readonly string[],
): Promise<void> {
  const signal = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
  });
  const ownFolder =
    kubeConfigFile === undefined
      ? await mkdtemp(join(tmpdir(), 'depwatch-kubeconfig-'))
      : undefined;
  const adminFile = resolve(kubeConfigFile ?? join(ownFolder!, 'kubeconfig'));
  const written: string[] = [];
  try {
    await using controlPlane = await startControlPlane({ binaries, users });
    const write = async (file: string, text: string) => {
      await replaceKubeConfig(file, text);
      written.push(file);
    };
    await write(adminFile, controlPlane.kubeConfig);
    console.log(`kube-apiserver ${controlPlane.url}`);
    console.log(`kubeconfig ${adminFile}`);
    for (const user of users) {
      const file = `${adminFile}-${encodeURIComponent(user)}`;
      await write(file, controlPlane.kubeConfigFor(user));
      console.log(`kubeconfig of ${user} ${file}`);
    }
    console.log(`Ctrl-C, or kill ${process.pid}, ends it.`);
    await signal;
  } finally {
    for (const file of written) await rm(file, { force: true });
    if (ownFolder) await rm(ownFolder, { recursive: true, force: true });
  }
}

/** Writes a file that only its owner may read; refuses to lose a file that isn't one of ours. */
async function replaceKubeConfig(file: string, text: string): Promise<void> {
  const present = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (present && !isFormattedKubeConfig(present))
    throw new Error(
      `${file} is not overwritten: it holds something else than a kubeconfig written by this program`,
    );
  await rm(file, { force: true });
  await writeFile(file, text, { mode: 0o600, flag: 'wx' });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
