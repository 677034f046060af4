import { readFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';

import { invalidInput } from '@depwatch/core';
import type { KubeConfig, loadYaml } from '@kubernetes/client-node';

import type { Impersonation } from './impersonation.ts';
import type { KubeConfigLike, KubeConfigUser } from './kube-config.ts';

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
  const wrong = whatIsMissing(merged, origin, context);
  if (wrong !== undefined) throw invalidInput(wrong);
  return merged;
}

/** What the current context lacks to be used, if anything. */
function whatIsMissing(
  merged: KubeConfig,
  origin: string,
  asked: string | undefined,
): string | undefined {
  const context = merged.getContextObject(merged.getCurrentContext());
  if (asked !== undefined && !context)
    return `context: ${origin} has no context ${JSON.stringify(asked)} with a cluster`;
  const current = `kubeConfig: the current context of ${origin} names`;
  if (!merged.getCurrentCluster()) return `${current} no cluster with a server that is in it`;
  const user: (KubeConfigUser & { impersonateUser?: string }) | null = merged.getCurrentUser();
  if (context?.user && !user) return `${current} a user that is not in it`;
  const asWhom = [user?.impersonateUid, user?.impersonateGroups, user?.impersonateExtra];
  return asWhom.some((part) => part !== undefined) && !user?.impersonateUser
    ? `${current} a user that has as-uid, as-groups or as-user-extra without as`
    : undefined;
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
    // What the current context doesn't need may lack what it likes, as for client-go.
    part.loadFromString(text, { onInvalidEntry: 'filter' });
    const folder = dirname(resolve(path));
    part.makePathsAbsolute(folder);
    const { users } = loadYaml<{ users?: readonly (NamedUser | null)[] }>(text);
    for (const { name, user } of users?.filter((entry) => entry !== null) ?? []) {
      const read = part.getUser(name);
      if (read && user) complete(read, user, folder);
    }
    return part;
  } catch (error) {
    throw invalidInput(`kubeConfig: ${path} is no kubeconfig${whatIsWrong(error)}`);
  }
}

interface NamedUser {
  readonly name: string;
  readonly user?: UserOfFile | null;
}

interface UserOfFile {
  readonly tokenFile?: string;
  readonly exec?: { readonly command?: string } | null;
  readonly 'as-uid'?: string;
  readonly 'as-groups'?: readonly string[];
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>;
}

/** Adds to a user what client-node doesn't read. */
function complete(read: ReadUser, user: UserOfFile, folder: string): void {
  const { tokenFile, exec } = user;
  // client-node reads such a file for its auth provider alone. Its token goes before another one that is given beside it.
  if (tokenFile) {
    read.authProvider = { name: 'tokenFile', config: { tokenFile: resolve(folder, tokenFile) } };
    delete read.token;
  }
  // Without a separator it is looked for on the PATH.
  if (exec?.command?.includes(sep)) read.exec = { ...exec, command: resolve(folder, exec.command) };
  const { 'as-uid': uid, 'as-groups': groups, 'as-user-extra': extra } = user;
  if (uid) read.impersonateUid = uid;
  if (groups?.length) read.impersonateGroups = groups;
  if (extra && Object.keys(extra).length > 0) read.impersonateExtra = extra;
}

type ReadUser = { -readonly [Key in keyof Impersonation]: Impersonation[Key] } & {
  authProvider?: unknown;
  token?: string;
  exec?: unknown;
};

/** The parser's own messages quote the lines around the fault, where a token may stand. */
function whatIsWrong(error: unknown): string {
  const { reason, mark } = error as { reason?: unknown; mark?: { line?: unknown } };
  const line = typeof mark?.line === 'number' ? ` in line ${mark.line + 1}` : '';
  // An alias or a tag that a token was taken for is quoted by the parser.
  return typeof reason === 'string' ? `: ${reason.replace(/"[^"]*"|<[^>]*>/g, '…')}${line}` : '';
}

function firstOfEachName<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return all.filter((one, index) => all.findIndex(({ name }) => name === one.name) === index);
}
