#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { styleText } from 'node:util';

import { helpText, parseCliOptions, UsageError, type CliOptions } from './cli-options.ts';
import type { ReloaderEvent } from './events.ts';
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
  // Loaded late, for --help and a typing error should not take as long as loading client-node does.
  const [{ createReloader }, { loadKubeConfig }] = await Promise.all([
    import('./reloader.ts'),
    import('./load-kube-config.ts'),
  ]);
  const { all, dryRun, embedded, namespaces } = options;
  const demo = embedded
    ? await import('./embedded/demo.ts').then(({ startDemo }) => startDemo(signal))
    : undefined;
  try {
    const kubeConfig = demo?.kubeConfig ?? loadKubeConfig(options);
    const print = printer(options, {
      version: await version(),
      server: kubeConfig.getCurrentCluster()?.server ?? '',
      ...(demo && { user: demo.user, intro: demo.tour.intro }),
    });
    const startedAt = performance.now();
    const onEvent = (event: ReloaderEvent): void => {
      print(event);
      demo?.observe(event);
    };
    await using reloader = createReloader({ kubeConfig, namespaces, all, dryRun, onEvent });
    await reloader.start().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    await (demo ? Promise.race([aborted(signal), demo.failed]) : aborted(signal));
    if (demo && options.log === 'text')
      process.stdout.write(`\n${demo.tour.farewell(performance.now() - startedAt).join('\n')}\n`);
  } finally {
    await demo?.stop();
  }
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
  { log, namespaces, all, dryRun, embedded }: CliOptions,
  { intro = [], ...where }: Where,
): (event: ReloaderEvent) => void {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  const now = (): number => Date.now();
  if (log === 'json') {
    const time = new Date(now()).toISOString();
    write(JSON.stringify({ time, type: 'starting', ...where, namespaces, all, dryRun, embedded }));
    return (event) => write(jsonReport.line(event, now()));
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
  return (event) => write(report.line(event, now()));
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
// Nothing of ours is left, and the process ends by itself; but a connection that client-node is only just opening can't
// be called off, and would hold a process up for 10 s. This holds nothing up.
setTimeout(() => process.exit(), lingerMs).unref();
