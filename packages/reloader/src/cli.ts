#!/usr/bin/env node
import { readFile } from 'node:fs/promises';

import type { KubeConfigLike } from '@depwatch/k8s-transport';

import { helpText, parseCliOptions, UsageError, type CliOptions } from './cli-options.ts';
import { createLog } from './log.ts';

/** How long what is left over at the end may hold the process up, in milliseconds. */
const lingerMs = 500;

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  // Whoever reads the lines may have seen enough (`| head`): that ends the program as a signal does.
  const end = new AbortController();
  process.stdout.on('error', () => end.abort());
  // Until the controllers listen for these themselves. Not once: npx hands on the Ctrl-C that this process got, too.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => end.abort());
  try {
    const options = parseCliOptions(args);
    if (options.help) write(helpText.trimEnd());
    else if (options.version) write(await version());
    else return await work(options, end.signal);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isUsage = error instanceof UsageError;
    const hint = isUsage ? '\n"depwatch-reloader --help" lists the options.' : '';
    process.stderr.write(`depwatch-reloader: ${message}${hint}\n`);
    return isUsage ? 2 : 1;
  }
}

async function work(options: CliOptions, signal: AbortSignal): Promise<number> {
  const { all, dryRun, embedded, namespaces, leaseNamespace } = options;
  const { log: format, logLevel: level } = options;
  const demo = embedded ? await (await loadDemo()).startDemo() : undefined;
  try {
    const kubeConfig = demo?.kubeConfig ?? (await findCluster(options));
    // Loaded late, for --help and a typing error should not take as long as loading all of this does.
    const [{ run }, { createReplicas }, { createReloader }] = await Promise.all([
      import('@depwatch/controller'),
      import('@depwatch/replicas'),
      import('./reloader.ts'),
    ]);
    const logger = createLog({ format, level, now: () => Date.now(), write });
    const server = kubeConfig.getCurrentCluster()?.server;
    const scope = namespaces.length > 0 ? `namespace ${namespaces.join(', ')}` : 'all namespaces';
    const which = all ? ', every workload that did not opt out' : '';
    const how = dryRun ? '; dry run: nothing is written' : '';
    const starts = `depwatch-reloader ${await version()}: ${scope} of ${server}${which}${how}`;
    logger.info({ namespaces, all, dryRun, embedded, leaseNamespace }, starts);
    if (format === 'text') demo?.intro.forEach(write);
    const lease = {
      namespace: leaseNamespace ?? '',
      name: 'depwatch-reloader',
      mode: 'leader',
    } as const;
    await using replicas = leaseNamespace
      ? createReplicas({ ...lease, kubeConfig, logger })
      : undefined;
    // It goes on trying, and logs why it has to.
    replicas?.start().catch(() => {});
    const settings = { kubeConfig, namespaces, all, dryRun, logger, ...demo?.pace };
    const controllers = createReloader({ ...settings, ...(replicas && { ownership: replicas }) });
    const page = await demo?.look(controllers);
    if (page && format === 'text') write(page);
    const running = run(controllers, { signal, logger });
    const ended = demo?.changes(controllers, signal);
    const code = await (ended ? Promise.race([running.done, ended]) : running.done);
    if (format === 'text') demo?.farewell(logger.outcomes).forEach(write);
    return code;
  } finally {
    await demo?.stop();
  }
}

/** What nobody needs in production isn't installed with this. */
function loadDemo() {
  return import('./embedded/demo.ts').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const packages = '@depwatch/testing @depwatch/inspector @kubernetes/client-node';
    throw new Error(`--embedded takes more packages: npm install ${packages}`, { cause: error });
  });
}

/**
 * The cluster that the command line, KUBECONFIG or the pod says. `~/.kube/config` is not looked at: a controller should not
 * begin to work on whatever cluster somebody looked at last.
 */
async function findCluster({ kubeconfig: file, context }: CliOptions): Promise<KubeConfigLike> {
  const { inClusterConfig, loadKubeConfig } = await import('@depwatch/k8s-transport');
  if (file !== undefined || process.env['KUBECONFIG'])
    return loadKubeConfig({ ...(file && { file }), ...(context && { context }) });
  if (!process.env['KUBERNETES_SERVICE_HOST'])
    throw new UsageError(
      'which cluster? Give --kubeconfig FILE, set KUBECONFIG, or run in a pod; --embedded needs none',
    );
  if (context) throw new UsageError('--context: the service account of this pod has no contexts');
  return inClusterConfig();
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function version(): Promise<string> {
  const file = new URL(import.meta.resolve('@depwatch/reloader/package.json'));
  const { version: found } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
  return found;
}

process.exitCode = await main(process.argv.slice(2));
// Nothing of ours is left, and the process ends by itself; this is for what it was given, such as a pipe that nobody reads.
setTimeout(() => process.exit(), lingerMs).unref();
