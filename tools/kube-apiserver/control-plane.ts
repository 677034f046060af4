import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findKubeApiServer, type KubeApiServerBinaries } from './binaries.ts';
import { formatKubeConfig } from './kubeconfig.ts';
import { findFreePort } from './ports.ts';
import { untilReady } from './readiness.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

const certificateFolder = 'certificates';
const dataFolder = 'etcd';
const backUpFolder = 'etcd-backup';
// A path relative to the working folder, since the absolute path of a socket may not be long; with what
// looks like a port, since etcd wants one in the URLs that it advertises.
const etcdClientUrl = 'unix://etcd-client.sock:0';
const etcdPeerUrl = 'unix://etcd-peer.sock:0';

/** What {@link startControlPlane} starts. */
export interface ControlPlaneOptions {
  /** The programs to start. Default: what `findKubeApiServer()` finds, without a build. */
  readonly binaries?: KubeApiServerBinaries;
  /** Names of users that have only what RBAC grants them, for {@link ControlPlane.kubeConfigFor}. Default: none. */
  readonly users?: readonly string[];
  /**
   * The controllers of kube-controller-manager that run, such as `garbage-collector-controller`. Default: none, and
   * no kube-controller-manager.
   */
  readonly controllers?: readonly string[];
  /** More flags of kube-apiserver, after the ones of {@link startControlPlane}. Default: none. */
  readonly apiServerFlags?: readonly string[];
}

/** A running kube-apiserver and the etcd it stores into. */
export interface ControlPlane extends AsyncDisposable {
  /** `https://127.0.0.1:<port>`; stays the same when the API server is restarted. */
  readonly url: string;
  /** The text of a kubeconfig file of an administrator (group `system:masters`), with the CA embedded. */
  readonly kubeConfig: string;
  /** The process ids; that of a process changes when it is started again. */
  readonly pids: { readonly kubeApiServer: number; readonly etcd: number };
  /**
   * The text of a kubeconfig file of one of the `users` the control plane was started with.
   *
   * @throws Error if it was started without this user.
   */
  kubeConfigFor(user: string): string;
  /**
   * Ends the API server, not etcd, and resolves when it has exited; at once if it isn't running.
   *
   * @param signal - What to send. Default `SIGKILL`; with `SIGTERM` it serves running requests to their end.
   */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /**
   * Starts the API server again on the same port and data, after killing it if it runs. Resolves when
   * it is ready.
   *
   * @throws Error as {@link startControlPlane}, or if the control plane has been stopped.
   */
  restart(): Promise<void>;
  /**
   * Ends etcd alone, keeps a copy of its data, and starts it again. An API server that runs loses its connections to it,
   * and goes on; one that doesn't stays so. An earlier copy is replaced.
   *
   * @throws Error if the control plane has been stopped.
   */
  backUp(): Promise<void>;
  /**
   * Ends etcd alone, puts back what {@link ControlPlane.backUp} has kept, and starts it again: versions go back, too. To
   * restore as an administrator does, `kill()` the API server before and `restart()` it after.
   *
   * @throws Error if there is no copy, or the control plane has been stopped.
   */
  restore(): Promise<void>;
  /** Ends all processes and removes their data. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a kube-apiserver and an etcd on 127.0.0.1, with their data in a new temporary folder, and
 * resolves when the API server is ready.
 *
 * @throws Error if there are no programs to start, a process ends too early (with the end of its log),
 * the API server isn't ready within 60 s, or
 * `controllers` are asked for and the programs have no kube-controller-manager.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = options.binaries ?? (await findOrThrow());
  const port = await findFreePort();
  const url = `https://127.0.0.1:${port}`;
  const adminToken = randomToken();
  const userTokens = new Map((options.users ?? []).map((user) => [user, randomToken()]));
  const folder = await mkdtemp(join(tmpdir(), 'depwatch-control-plane-'));
  let etcd: ServerProcess | undefined;
  let apiServer: ServerProcess | undefined;
  let controllerManager: ServerProcess | undefined;
  let stopped: Promise<void> | undefined;

  const startEtcd = () => {
    if (stopped) throw new Error('the control plane has been stopped');
    etcd = startServerProcess({
      program: binaries.etcd,
      args: etcdFlags,
      folder,
      logFile: join(folder, 'etcd.log'),
    });
    return etcd;
  };
  /** Changes etcd's data while nobody uses it. */
  const withoutEtcd = async (change: () => Promise<void>) => {
    etcd?.signal('SIGKILL');
    await etcd?.exited;
    await change();
    startEtcd();
  };
  const startApiServer = async (runningEtcd: ServerProcess) => {
    if (stopped) throw new Error('the control plane has been stopped');
    apiServer = startServerProcess({
      program: binaries.kubeApiServer,
      args: [...apiServerFlags(port), ...(options.apiServerFlags ?? [])],
      folder,
      logFile: join(folder, 'kube-apiserver.log'),
    });
    return await untilReady({
      url,
      token: adminToken,
      certificateFile: join(folder, certificateFolder, 'apiserver.crt'),
      processes: [runningEtcd, apiServer],
    });
  };
  const startControllers = async (kubeConfig: string, controllers: readonly string[]) => {
    const program = binaries.kubeControllerManager;
    if (!program) throw new Error('there is no kube-controller-manager');
    const kubeConfigFile = 'controllers.kubeconfig';
    await writeFile(join(folder, kubeConfigFile), kubeConfig, { mode: 0o600 });
    controllerManager = startServerProcess({
      program,
      args: [
        `--kubeconfig=${kubeConfigFile}`,
        `--controllers=${controllers.join(',')}`,
        '--leader-elect=false',
        '--secure-port=0',
      ],
      folder,
      logFile: join(folder, 'kube-controller-manager.log'),
    });
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    apiServer?.signal(signal);
    await apiServer?.exited;
  };
  const endAll = () => {
    controllerManager?.signal('SIGKILL');
    apiServer?.signal('SIGKILL');
    etcd?.signal('SIGKILL');
  };
  const onExit = () => {
    endAll();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const end = async () => {
    endAll();
    await Promise.all([controllerManager?.exited, apiServer?.exited, etcd?.exited]);
    await rm(folder, { recursive: true, force: true });
    process.off('exit', onExit);
  };
  const stop = () => (stopped ??= end());

  process.on('exit', onExit);
  try {
    const secret = { mode: 0o600 };
    await mkdir(join(folder, certificateFolder), { mode: 0o700 });
    await writeFile(join(folder, 'service-account.key'), newPrivateKey(), secret);
    await writeFile(join(folder, 'tokens.csv'), formatTokens(adminToken, userTokens), secret);
    const certificateAuthority = await startApiServer(startEtcd());
    const kubeConfig = formatKubeConfig({
      url,
      certificateAuthority,
      user: 'admin',
      token: adminToken,
    });
    if (options.controllers) await startControllers(kubeConfig, options.controllers);
    return {
      url,
      kubeConfig,
      get pids() {
        return { kubeApiServer: apiServer!.pid, etcd: etcd!.pid };
      },
      kubeConfigFor(user) {
        const token = userTokens.get(user);
        if (token === undefined)
          throw new Error(`the control plane was started without the user "${user}"`);
        return formatKubeConfig({ url, certificateAuthority, user, token });
      },
      kill,
      async restart() {
        await kill();
        await startApiServer(etcd!);
      },
      backUp: () =>
        withoutEtcd(async () => {
          await rm(join(folder, backUpFolder), { recursive: true, force: true });
          await cp(join(folder, dataFolder), join(folder, backUpFolder), { recursive: true });
        }),
      restore: () =>
        withoutEtcd(async () => {
          await rm(join(folder, dataFolder), { recursive: true, force: true });
          await cp(join(folder, backUpFolder), join(folder, dataFolder), { recursive: true });
        }),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const etcdFlags: readonly string[] = [
  `--data-dir=${dataFolder}`,
  // The data outlives a kill of the API server, not of the machine.
  '--unsafe-no-fsync',
  `--listen-client-urls=${etcdClientUrl}`,
  `--advertise-client-urls=${etcdClientUrl}`,
  `--listen-peer-urls=${etcdPeerUrl}`,
  `--initial-advertise-peer-urls=${etcdPeerUrl}`,
  `--initial-cluster=default=${etcdPeerUrl}`,
];

function apiServerFlags(port: number): readonly string[] {
  return [
    `--etcd-servers=${etcdClientUrl}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${certificateFolder}`,
    // The service "kubernetes" can't have a loopback address as its endpoint.
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-account-key-file=service-account.key',
    '--service-account-signing-key-file=service-account.key',
    // Nothing here makes the service accounts that this plugin wants every pod to have.
    '--disable-admission-plugins=ServiceAccount',
    '--authorization-mode=RBAC',
    '--token-auth-file=tokens.csv',
  ];
}

async function findOrThrow(): Promise<KubeApiServerBinaries> {
  let reason = '';
  const binaries = await findKubeApiServer({ log: (line) => (reason = line) });
  if (!binaries) throw new Error(reason);
  return binaries;
}

function randomToken(): string {
  return randomBytes(24).toString('base64url');
}

function newPrivateKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  }).privateKey;
}

/** The file for --token-auth-file: CSV of token, user name, user id, groups. */
function formatTokens(adminToken: string, userTokens: ReadonlyMap<string, string>): string {
  const users = [...userTokens].map(([user, token], index) => [token, user, `user-${index}`]);
  return [[adminToken, 'admin', 'admin', 'system:masters'], ...users]
    .map((fields) => `${fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')}\n`)
    .join('');
}
