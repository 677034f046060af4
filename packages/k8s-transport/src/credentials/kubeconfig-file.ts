import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { invalidInput } from '@depwatch/core';
import type { KubeConfig, loadYaml } from '@kubernetes/client-node';

import type { KubeConfigLike } from './kube-config.ts';

/** Kubeconfig files that are read as one. */
export interface KubeConfigFiles {
  /** Who names them, for messages. */
  readonly origin: string;
  readonly paths: readonly string[];
  /** Whether those that don't exist are passed over, as long as there is one. @default false */
  readonly mayLack?: boolean;
}

/**
 * Reads kubeconfig files, and merges them as client-go does: the first one that has a cluster, a user or a context of a
 * name, or a current context, wins. Only this loads client-node.
 *
 * @param context in place of the current one
 * @throws DepwatchError ERR_INVALID_INPUT that names the file, and quotes nothing of it
 */
export async function readKubeConfig(
  { origin, paths, mayLack = false }: KubeConfigFiles,
  context: string | undefined,
): Promise<KubeConfigLike> {
  const texts = paths.flatMap((path) => {
    const text = textOf(path, mayLack);
    return text === undefined ? [] : [{ path, text }];
  });
  if (texts.length === 0) throw invalidInput(`kubeConfig: of ${origin} there is no file`);
  const clientNode = await loadClientNode(origin);
  const parts = texts
    .filter(({ text }) => !saysNothing(text))
    .map(({ path, text }) => parse(clientNode, path, text));
  const merged = new clientNode.KubeConfig();
  merged.loadFromOptions({
    clusters: firstOfEachName(parts.flatMap((part) => part.getClusters())),
    users: firstOfEachName(parts.flatMap((part) => part.getUsers())),
    contexts: firstOfEachName(parts.flatMap((part) => part.getContexts())),
    currentContext: context ?? parts.map((part) => part.getCurrentContext()).find(Boolean),
  });
  if (context !== undefined && !merged.getContextObject(context))
    throw invalidInput(`context: ${origin} has no context ${JSON.stringify(context)}`);
  if (!merged.getCurrentCluster())
    throw invalidInput(
      `kubeConfig: the current context of ${origin} names no cluster that is in it`,
    );
  return merged;
}

/** Whether a file is an empty config to client-go, such as one whose lines are all commented out. */
function saysNothing(text: string): boolean {
  const rest = text
    .replace(/^\uFEFF/, '')
    .replaceAll(/#.*/g, '')
    .replace(/^---/m, '');
  return ['', 'null', '~', '{}'].includes(rest.trim());
}

function textOf(path: string, mayLack: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && mayLack) return undefined;
    throw invalidInput(`kubeConfig: ${path} can't be read: ${code}`);
  }
}

type ClientNode = { readonly KubeConfig: typeof KubeConfig; readonly loadYaml: typeof loadYaml };

async function loadClientNode(origin: string): Promise<ClientNode> {
  try {
    return await import('@kubernetes/client-node');
  } catch (error) {
    throw invalidInput(
      `kubeConfig: to read ${origin} takes @kubernetes/client-node, which can't be loaded; install it: npm install @kubernetes/client-node`,
      error,
    );
  }
}

function parse({ KubeConfig, loadYaml }: ClientNode, path: string, text: string): KubeConfig {
  try {
    const part = new KubeConfig();
    part.loadFromString(text);
    const folder = dirname(resolve(path));
    part.makePathsAbsolute(folder);
    const { users } = loadYaml<{ users?: readonly NamedUser[] }>(text);
    for (const { name, user } of users ?? [])
      if (user?.tokenFile) useTokenFile(part.getUser(name)!, resolve(folder, user.tokenFile));
    return part;
  } catch (error) {
    throw invalidInput(`kubeConfig: ${path} is no kubeconfig${whatIsWrong(error)}`);
  }
}

interface NamedUser {
  readonly name: string;
  readonly user?: { readonly tokenFile?: string } | null;
}

/** client-node reads such a file for its auth provider alone. Its token goes before another one that is given beside it. */
function useTokenFile(user: { authProvider?: unknown; token?: string }, tokenFile: string): void {
  user.authProvider = { name: 'tokenFile', config: { tokenFile } };
  delete user.token;
}

/** The parser's own messages quote the lines around the fault, where a token may stand. */
function whatIsWrong(error: unknown): string {
  const { reason, mark, message } = error as {
    reason?: unknown;
    mark?: { line?: unknown };
    message?: unknown;
  };
  const missing = /^\w+\[\d+\][\w.]* is missing$/.exec(String(message));
  if (missing) return `: ${missing[0]}`;
  const line = typeof mark?.line === 'number' ? ` in line ${mark.line + 1}` : '';
  // An alias or a tag that a token was taken for is quoted by the parser.
  return typeof reason === 'string' ? `: ${reason.replace(/"[^"]*"|<[^>]*>/g, '…')}${line}` : '';
}

function firstOfEachName<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return all.filter((one, index) => all.findIndex(({ name }) => name === one.name) === index);
}
