#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { styleText } from 'node:util';

import type { KubeConfigLike } from '@depwatch/k8s-transport';

import { helpText, levels, parseCliOptions, UsageError, type CliOptions } from './cli-options.ts';
import { levelOf, type ReloaderEvent } from './events.ts';
import { needInstalled } from './needed.ts';
import { createTextReport, jsonReport, type Paint, type Tone } from './report.ts';

/** How long what is left over at the end may hold the process up, in milliseconds. */
const lingerMs = 500;

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  // Whoever reads the lines may have seen enough (`| head`): that ends the program as a signal does.
  const end = new AbortController();
  process.stdout.on('error', () => end.abort());
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    // Not once: npx hands on the Ctrl-C that this process got from the terminal, too.
    process.on(name, () => end.abort());
  }
  try {
    const options = parseCliOptions(args);
    if (options.help) process.stdout.write(helpText);
    else if (options.version) process.stdout.write(`${await version()}\n`);
    else await run(options, end.signal);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isUsage = error instanceof UsageError;
    const hint = isUsage ? '\n"depwatch-reloader --help" lists the options.' : '';
    process.stderr.write(`depwatch-reloader: ${message}${hint}\n`);
    return isUsage ? 2 : 1;
  }
}

async function run(options: CliOptions, signal: AbortSignal): Promise<void> {
  const { all, dryRun, embedded, namespaces } = options;
  if (embedded) needInstalled('--embedded', '@depwatch/testing', '@kubernetes/client-node');
  const demo = embedded ? await import('./embedded/demo.ts') : undefined;
  const started = await demo?.startDemo(signal);
  try {
    const kubeConfig = started?.kubeConfig ?? (await findCluster(options));
    // Loaded late, for --help and a typing error should not take as long as loading all of this does.
    const { createReloader } = await import('./reloader.ts');
    const print = printer(options, {
      version: await version(),
      server: kubeConfig.getCurrentCluster()?.server ?? '',
      ...(started && { user: started.user, intro: started.tour.intro }),
    });
    const startedAt = performance.now();
    const onEvent = (event: ReloaderEvent): void => {
      print(event);
      started?.observe(event);
    };
    const where = { kubeConfig, namespaces, all, dryRun, onEvent };
    await using reloader = createReloader({ ...where, ...demo?.demoPace });
    await reloader.start();
    await (started ? Promise.race([aborted(signal), started.failed]) : aborted(signal));
    if (started && options.log === 'text') {
      const farewell = started.tour.farewell(performance.now() - startedAt);
      process.stdout.write(`\n${farewell.join('\n')}\n`);
    }
  } finally {
    await started?.stop();
  }
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

/** Where the reloader works, and as whom; and what else to say of that. */
interface Where {
  readonly version: string;
  readonly server: string;
  readonly user?: string;
  readonly intro?: readonly string[];
}

/** Says where the reloader works, and returns what prints its events. */
function printer(
  { log, logLevel, namespaces, all, dryRun, embedded }: CliOptions,
  { intro = [], ...where }: Where,
): (event: ReloaderEvent) => void {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  const now = (): number => Date.now();
  const matters = (event: ReloaderEvent): boolean =>
    levels.indexOf(levelOf(event)) >= levels.indexOf(logLevel);
  if (log === 'json') {
    const time = new Date(now()).toISOString();
    const msg = `depwatch-reloader ${where.version} starts`;
    const options = { namespaces, all, dryRun, embedded };
    write(JSON.stringify({ time, level: 'info', msg, type: 'starting', ...where, ...options }));
    return (event) => matters(event) && write(jsonReport.line(event, now()));
  }
  const report = createTextReport(paint);
  const scope = namespaces.length > 0 ? `namespace ${namespaces.join(', ')}` : 'all namespaces';
  const how = [
    ...(all ? ['every workload that did not opt out'] : []),
    ...(dryRun ? ['dry run: nothing is written'] : []),
    ...(embedded ? [`an API server within this process, as ${where.user}`, 'Ctrl-C ends it'] : []),
  ];
  write(`depwatch-reloader ${where.version}: ${scope} of ${where.server}`);
  if (how.length > 0) write(how.join('; '));
  for (const line of intro) write(line);
  write(`\n${report.heading}`);
  return (event) => matters(event) && write(report.line(event, now()));
}

const looks: { readonly [tone in Exclude<Tone, 'plain'>]: Parameters<typeof styleText>[0] } = {
  strong: 'bold',
  faint: 'dim',
  good: 'green',
  bad: 'red',
};

/** Colours where the terminal has them and NO_COLOR isn't set: styleText looks. */
const paint: Paint = (tone, text) =>
  tone === 'plain' ? text : styleText(looks[tone], text, { stream: process.stdout });

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function version(): Promise<string> {
  const file = new URL(import.meta.resolve('@depwatch/reloader/package.json'));
  const { version: found } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
  return found;
}

process.exitCode = await main(process.argv.slice(2));
// Nothing of ours is left, and the process ends by itself; this is for what it was given, such as a pipe that nobody reads.
setTimeout(() => process.exit(), lingerMs).unref();
