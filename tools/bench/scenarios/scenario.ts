import { setTimeout as sleep } from 'node:timers/promises';

import type { UsedPackages } from '../checkout.ts';
import type { Contestant, ContestantName, ContestantOptions } from '../contestants/contestant.ts';
import type { Handlers, Remote } from '../remote.ts';
import type { Rights } from '../servers/access.ts';
import type { Server } from '../servers/server.ts';
import type { Wire } from '../wire.ts';

/** A figure that a scenario takes. */
export interface Measure {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
}

/** A size in which a scenario is run, and by whom. */
export interface Case<Params> {
  readonly label: string;
  readonly params: Params;
  readonly contestants: readonly ContestantName[];
  /** What the contestants may do; default what most need. */
  readonly rights?: Rights;
}

/** What a contestant's process has. */
export interface Stage<Params> {
  readonly params: Params;
  readonly wire: Wire;
  /** The text of the contestants' kubeconfig, for what the contestant's interface doesn't have. */
  readonly kubeConfig: string;
  /** A package of the contestant's checkout. Not before it is used: scenarios are listed before anything is built. */
  load<Name extends keyof UsedPackages>(name: Name): Promise<UsedPackages[Name]>;
  /** Starts the contestant. */
  start(options: Omit<ContestantOptions, 'kubeConfig' | 'against'>): Promise<Contestant>;
}

/** What the runner has, which directs. */
export interface Direction<Params, Steps> {
  readonly params: Params;
  readonly server: Server;
  /** What the contestant's process does, on its own. */
  readonly steps: Remote<Steps>;
  /** For what figures can't tell. */
  log(line: string): void;
}

/** The figures of one run, by the keys of the measures. */
export type Figures = Readonly<Record<string, number>>;

/** A scenario: what a contestant does in its process, and what the runner has it do. */
export interface Scenario<Params, Steps extends Handlers> {
  readonly id: string;
  readonly title: string;
  readonly server: 'real' | 'in-process';
  /** The first one is what the plot shows. */
  readonly measures: readonly Measure[];
  /** Whether it is run only where it is asked for by its name. */
  readonly onlyByName?: boolean;
  /** Whether all its cases make one table. */
  readonly inOneTable?: boolean;
  /** Flags of Node for the contestants. */
  readonly nodeFlags?: readonly string[];
  cases(full: boolean): readonly Case<Params>[];
  /** Called in the contestant's process. */
  steps(stage: Stage<Params>): Steps;
  /**
   * Called in the runner, for each run.
   *
   * @throws Error when what was to be measured did not happen
   */
  run(direction: Direction<Params, Steps>): Promise<Figures>;
}

/** A scenario whose own types are nobody else's business. */
export type AnyScenario = Scenario<unknown, Handlers>;

/** Checks the types of a scenario, and then forgets them. */
export function defineScenario<Params, Steps extends Handlers>(
  scenario: Scenario<Params, Steps>,
): AnyScenario {
  return scenario as unknown as AnyScenario;
}

/** Measures that several scenarios take. */
export const cpuMs: Measure = { key: 'cpuMs', label: 'CPU', unit: 'ms' };
export const peakRssMb: Measure = { key: 'rssMb', label: 'peak RSS', unit: 'MB' };

const looks = 40;
const lookMs = 250;

/**
 * How many watches are open at the server. When there are not as many as expected it looks again for 10 s, since it takes
 * a server a moment to see a cancelled stream, and informers that reconnect aren't there for one.
 */
export async function countOpenWatches(server: Server, expected: number): Promise<number> {
  let open = await server.openWatches();
  for (let look = 1; look < looks && open !== expected; look++) {
    await sleep(lookMs);
    open = await server.openWatches();
  }
  return open;
}

/** @throws Error when not so many watches are open at the server */
export async function checkOpenWatches(server: Server, watches: number): Promise<void> {
  const open = await countOpenWatches(server, watches);
  if (open !== watches) throw new Error(`${open} watches are open at the server, not ${watches}`);
}
