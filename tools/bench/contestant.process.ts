/**
 * A contestant in a scenario. Arguments: the scenario, the contestant, the parameters of the case as JSON, and, for `before`,
 * the checkout that it is from, which it reads itself.
 */
import type { Contestant, ContestantName, ContestantOptions } from './contestants/contestant.ts';
import { recordProfile } from './profile.ts';
import { type Handlers, kubeConfigVariable, serve } from './remote.ts';
import { scenarios } from './scenarios/index.ts';
import type { Stage } from './scenarios/scenario.ts';
import { countWire } from './wire.ts';

/** What the process offers beside the steps of the scenario. */
export type ContestantHandlers = {
  /** Has a CPU profile recorded, from now on; where a contestant starts, from then on. */
  profile(): Promise<void>;
  /** Writes what was recorded. */
  writeProfile(file: string): Promise<void>;
  close(): Promise<void>;
};

const [id, name, params] = process.argv.slice(2) as [string, ContestantName, string];
const scenario = scenarios.find((one) => one.id === id)!;
const module = (await import(`./contestants/${name}.ts`)) as {
  start(options: ContestantOptions): Promise<Contestant>;
  /** Where its packages are not those of this checkout. */
  load?: Stage<unknown>['load'];
};
const load: Stage<unknown>['load'] = (name) => import(`@depwatch/${name}`) as Promise<never>;
const kubeConfig = process.env[kubeConfigVariable]!;
const started: Contestant[] = [];
let endProfile: Awaited<ReturnType<typeof recordProfile>> | undefined;

const own: ContestantHandlers = {
  async profile() {
    endProfile = await recordProfile();
  },
  writeProfile: (file) => endProfile!(file),
  async close() {
    await Promise.all(started.map((contestant) => contestant.close()));
  },
};
const steps: Handlers = scenario.steps({
  params: JSON.parse(params),
  kubeConfig,
  load: module.load ?? load,
  wire: countWire(name === 'http2' ? 'http2' : 'undici'),
  async start(options) {
    const contestant = await module.start({ ...options, kubeConfig });
    started.push(contestant);
    if (endProfile) {
      await endProfile();
      endProfile = await recordProfile();
    }
    return contestant;
  },
});
serve({ ...steps, ...own });
