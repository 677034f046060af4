import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ContestantHandlers } from './contestant.process.ts';
import type { ContestantName } from './contestants/contestant.ts';
import { topSelfTimes } from './profile.ts';
import { type Handlers, kubeConfigVariable, type Remote, startProcess } from './remote.ts';
import { formatFigures, formatNumber } from './report.ts';
import { type CaseResult, summarizeCase } from './results.ts';
import type { AnyScenario, Case, Figures } from './scenarios/scenario.ts';
import type { Rights } from './servers/access.ts';
import {
  type Identity,
  startInProcessServer,
  startRealServer,
  type Server,
} from './servers/server.ts';
import { rotate } from './statistics.ts';

/** How often, and how many times, a server is looked at until it has no watches. */
const lookMs = 200;
const looks = 150;
const contestantFile = join(import.meta.dirname, 'contestant.process.ts');

/** What is run, and who hears of it. */
export interface RunnerOptions {
  readonly full: boolean;
  readonly runs: number;
  /** The folder for profiles; undefined: none are taken. */
  readonly profiles: string | undefined;
  /** As whom the contestants come to a real server. */
  readonly as: Identity;
  /** The root of another checkout, whose depwatch runs in turns with this one's; both from their sources. */
  readonly against: string | undefined;
  /** Which contestants take part; empty for all. */
  readonly only: readonly string[];
  readonly log: (line: string) => void;
}

/** Runs each scenario with each contestant of each case, one after the other; a run that fails does not end the rest. */
export async function runScenarios(
  scenarios: readonly AnyScenario[],
  options: RunnerOptions,
): Promise<CaseResult[]> {
  await using stack = new AsyncDisposableStack();
  await warmUp(scenarios, options);
  let real: Server | undefined;
  const results: CaseResult[] = [];
  for (const scenario of scenarios) {
    for (const one of casesOf(scenario, options)) {
      if (scenario.server === 'real') {
        real ??= stack.use(await startRealServer(options.as));
        results.push(await runCase(scenario, one, real, options));
      } else {
        await using server = await startInProcessServer(nodeFlagsOf(options));
        results.push(await runCase(scenario, one, server, options));
      }
    }
  }
  return results;
}

/** What is asked of contestants. */
type Picked = Pick<RunnerOptions, 'full' | 'against' | 'only'>;

/** Who takes part in any case of the scenarios. */
export function contestantNames(
  scenarios: readonly AnyScenario[],
  options: Omit<Picked, 'only'>,
): ReadonlySet<string> {
  const cases = scenarios.flatMap((one) => casesOf(one, { ...options, only: [] }));
  return new Set(cases.flatMap(({ contestants }) => contestants));
}

/** The cases of a scenario, with the other checkout's depwatch wherever this one's has a part. */
function casesOf({ cases }: AnyScenario, { full, against, only }: Picked): Case<unknown>[] {
  return cases(full)
    .map((one) => {
      const all = one.contestants.flatMap((name) =>
        name === 'depwatch' && against !== undefined ? [name, 'before' as const] : [name],
      );
      const contestants = all.filter((name) => only.length === 0 || only.includes(name));
      return { ...one, contestants };
    })
    .filter(({ contestants }) => contestants.length > 0);
}

/** Two checkouts are compared as they are, not as somebody has built them. */
function nodeFlagsOf({ against }: Pick<RunnerOptions, 'against'>): readonly string[] {
  return against === undefined ? [] : ['--conditions=@depwatch/source'];
}

/** Starts each contestant once, so that the compile cache knows it: stripping its types takes time and memory. */
async function warmUp(scenarios: readonly AnyScenario[], options: RunnerOptions): Promise<void> {
  const { against = '' } = options;
  const started = new Set<ContestantName>();
  for (const scenario of scenarios) {
    for (const { params, contestants } of casesOf(scenario, options)) {
      for (const name of contestants) {
        if (started.has(name)) continue;
        started.add(name);
        const args = [scenario.id, name, JSON.stringify(params), against];
        await using _ = await startProcess(contestantFile, {
          args,
          nodeFlags: nodeFlagsOf(options),
        });
      }
    }
  }
}

async function runCase(
  scenario: AnyScenario,
  one: Case<unknown>,
  server: Server,
  { full, runs, profiles, against, log }: RunnerOptions,
): Promise<CaseResult> {
  const { id, title, measures, inOneTable = false } = scenario;
  const deadlineMs = full ? 300_000 : 90_000;
  const rows = one.contestants.map((name) => ({
    name,
    runs: [] as Figures[],
    failures: [] as string[],
  }));
  const caseTitle = `${id} ${one.label}`;
  const attempt = async (row: (typeof rows)[number], what: string, profile?: string) => {
    try {
      const figures = await within(deadlineMs, (ended) =>
        runOnce(scenario, {
          params: one.params,
          rights: one.rights,
          log: (line) => log(`  ${line}`),
          server,
          contestant: row.name,
          ended,
          profile,
          against,
          nodeFlags: nodeFlagsOf({ against }),
        }),
      );
      log(`${caseTitle}  ${what}  ${row.name.padEnd(11)}  ${formatFigures(measures, figures)}`);
      return figures;
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      row.failures.push(reason);
      log(`${caseTitle}  ${what}  ${row.name.padEnd(11)}  FAILED: ${reason}`);
      return undefined;
    }
  };
  for (let round = 0; round < runs; round++) {
    for (const row of rotate(rows, round)) {
      const figures = await attempt(row, `run ${round + 1}/${runs}`);
      if (figures) row.runs.push(figures);
    }
  }
  const own = rows.find(({ name }) => name === 'depwatch');
  if (profiles !== undefined && own) {
    const file = join(profiles, `${caseTitle.replaceAll(/\W+/g, '-')}.cpuprofile`);
    if (await attempt(own, 'profile', file)) log(await describeProfile(file));
  }
  return summarizeCase({
    scenario: id,
    title,
    inOneTable,
    label: one.label,
    server: server.name,
    measures,
    contestants: rows,
  });
}

/** What one run needs beside the scenario. */
export interface Run {
  readonly params: unknown;
  readonly rights?: Rights | undefined;
  readonly log?: (line: string) => void;
  readonly server: Server;
  readonly contestant: ContestantName;
  /** Rejects when the run has taken too long. */
  readonly ended?: Promise<never>;
  /** The file for a CPU profile; undefined: none is taken. */
  readonly profile?: string | undefined;
  /** The root of the checkout that `before` is from. */
  readonly against?: string | undefined;
  /** Flags of Node, beside those of the scenario. */
  readonly nodeFlags?: readonly string[];
}

/** Runs a scenario once, in a new process of the contestant. */
export async function runOnce(
  scenario: AnyScenario,
  {
    params,
    rights,
    log = () => {},
    server,
    contestant,
    ended = new Promise<never>(() => {}),
    profile,
    against = '',
    nodeFlags = [],
  }: Run,
): Promise<Figures> {
  await untilIdle(server);
  const kubeConfig = rights ? await server.kubeConfigFor(rights) : server.kubeConfig;
  await using process = await startProcess<Handlers & ContestantHandlers>(contestantFile, {
    args: [scenario.id, contestant, JSON.stringify(params), against],
    env: { [kubeConfigVariable]: kubeConfig },
    nodeFlags: [...(scenario.nodeFlags ?? []), ...nodeFlags],
  });
  const { handlers } = process;
  if (profile !== undefined) await handlers.profile();
  const steps = handlers as Remote<Handlers>;
  const figures = await Promise.race([scenario.run({ params, server, steps, log }), ended]);
  if (profile !== undefined) await handlers.writeProfile(profile);
  await Promise.race([handlers.close(), ended]);
  return figures;
}

/** Waits for the server to notice that the process of the run before has ended. */
async function untilIdle(server: Server): Promise<void> {
  for (let look = 0; ; look++) {
    const open = await server.openWatches();
    if (open === 0) return;
    if (look === looks) throw new Error(`${open} watches of the run before are still open`);
    await sleep(lookMs);
  }
}

/** Gives `work` a promise that rejects when its time is over. */
async function within<T>(ms: number, work: (ended: Promise<never>) => Promise<T>): Promise<T> {
  const ended = Promise.withResolvers<never>();
  // Nobody may be waiting just then.
  ended.promise.catch(() => {});
  const timer = setTimeout(() => ended.reject(new Error(`not done after ${ms} ms`)), ms);
  try {
    return await work(ended.promise);
  } finally {
    clearTimeout(timer);
  }
}

async function describeProfile(file: string): Promise<string> {
  const top = topSelfTimes(JSON.parse(await readFile(file, 'utf8')), 10);
  const lines = top.map(
    ({ place, ms, share }) =>
      `${formatNumber(ms).padStart(10)} ms ${(share * 100).toFixed(1).padStart(5)} %  ${place}`,
  );
  return [`by self time (${file}):`, ...lines].join('\n');
}
