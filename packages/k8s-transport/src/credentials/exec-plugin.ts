import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';

import type { KubeConfigCluster } from './kube-config.ts';

/** The `exec` of a kubeconfig's user: a program that gives credentials. */
export interface ExecPlugin {
  readonly command?: string;
  readonly args?: readonly unknown[] | null;
  readonly env?: readonly EnvironmentVariable[] | null;
  readonly apiVersion?: string | null;
  /** @default IfAvailable */
  readonly interactiveMode?: string | null;
  readonly provideClusterInfo?: boolean | null;
  /** How to install it. */
  readonly installHint?: string | null;
}

interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string | number | boolean | null;
}

/** What a plugin gave: a token, a certificate with its key, or both. */
export interface PluginCredentials {
  readonly token?: string;
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** As Unix time in milliseconds; undefined where it doesn't say. */
  readonly expiresAt?: number;
}

/** Why a plugin gave nothing. It quotes nothing that the plugin wrote, which may be the secret itself. */
export class PluginError extends Error {
  override readonly name = 'PluginError';
}

/** Many times the longest token with a certificate. */
const mostBytes = 1024 * 1024;
const standardVersion = 'client.authentication.k8s.io/v1';
const byHand = 'run it by hand to see why';

/**
 * Runs a credential plugin as client-go does: what it has to know is in KUBERNETES_EXEC_INFO, and it answers with an
 * ExecCredential on its standard output. Whoever has a terminal sees what it asks, and may answer; else it has nothing
 * to read, and what it writes to its standard error is dropped.
 *
 * Beyond client-go, it is ended when nobody waits for it any more, what it may write is bounded, and no version of the
 * answer is asked for, since all hold the same.
 *
 * @param signal ends it
 * @throws PluginError; the system's error where it can't be started
 */
export async function runPlugin(
  plugin: ExecPlugin,
  cluster: KubeConfigCluster,
  signal: AbortSignal,
): Promise<PluginCredentials> {
  const { command, args, env, interactiveMode } = plugin;
  if (!command) throw new PluginError('it has no command');
  const isTerminal = isatty(0);
  if (interactiveMode === 'Always' && !isTerminal)
    throw new PluginError('it has to be run in a terminal, and there is none');
  const interactive = isTerminal && interactiveMode !== 'Never';
  const output = await outputOf(
    command,
    (args ?? []).map(String),
    {
      ...process.env,
      ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, String(value ?? '')])),
      KUBERNETES_EXEC_INFO: JSON.stringify(infoFor(plugin, cluster, interactive)),
    },
    { interactive, signal },
  );
  return credentialsIn(output);
}

function infoFor(plugin: ExecPlugin, cluster: KubeConfigCluster, interactive: boolean): object {
  const { provideClusterInfo } = plugin;
  return {
    apiVersion: plugin.apiVersion ?? standardVersion,
    kind: 'ExecCredential',
    spec: { interactive, ...(provideClusterInfo && { cluster: infoOf(cluster) }) },
  };
}

function infoOf({
  server,
  tlsServerName,
  skipTLSVerify,
  caData,
  caFile,
  proxyUrl,
}: KubeConfigCluster): object {
  return {
    server,
    ...(tlsServerName && { 'tls-server-name': tlsServerName }),
    ...(skipTLSVerify && { 'insecure-skip-tls-verify': true }),
    ...((caData || caFile) && {
      'certificate-authority-data': caData || readFileSync(caFile!, 'base64'),
    }),
    ...(proxyUrl && { 'proxy-url': proxyUrl }),
  };
}

function outputOf(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { interactive, signal }: { interactive: boolean; signal: AbortSignal },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const aside = interactive ? 'inherit' : 'ignore';
    const child = spawn(command, args, { env, signal, stdio: [aside, 'pipe', aside] });
    const chunks: Buffer[] = [];
    let bytes = 0;
    child.stdout!.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= mostBytes) return;
      reject(new PluginError(`it wrote more than ${mostBytes} bytes`));
      child.stdout!.destroy();
      child.kill();
    });
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      if (code === 0) return resolve(Buffer.concat(chunks).toString());
      const how = killedBy === null ? `exited with code ${code}` : `was ended by ${killedBy}`;
      return reject(new PluginError(`it ${how}; ${byHand}`));
    });
  });
}

interface ExecCredential {
  readonly status?: {
    readonly token?: unknown;
    readonly clientCertificateData?: unknown;
    readonly clientKeyData?: unknown;
    readonly expirationTimestamp?: unknown;
  } | null;
}

function credentialsIn(output: string): PluginCredentials {
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } =
    answerIn(output).status ?? {};
  const [cert, key] = [textIn(clientCertificateData), textIn(clientKeyData)];
  const bearer = textIn(token);
  if ((cert === undefined) !== (key === undefined))
    throw new PluginError(
      `it gave one of a client certificate and its key without the other; ${byHand}`,
    );
  if (bearer === undefined && cert === undefined)
    throw new PluginError(`it gave neither a token nor a client certificate; ${byHand}`);
  const expiresAt = Date.parse(textIn(expirationTimestamp) ?? '');
  return {
    ...(bearer !== undefined && { token: bearer }),
    ...(cert !== undefined && { certificate: { cert, key: key! } }),
    ...(!Number.isNaN(expiresAt) && { expiresAt }),
  };
}

function answerIn(output: string): ExecCredential {
  try {
    const answer = JSON.parse(output) as ExecCredential | null;
    if (typeof answer === 'object' && answer !== null) return answer;
  } catch {
    // The error would quote it.
  }
  throw new PluginError(`it wrote no ExecCredential; ${byHand}`);
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
