import type { KubernetesObject, ObjectIdentifier } from '@depwatch/core';
import { expect } from 'vitest';
import type { DynamicWatcherSettings } from '../../src/index.ts';
import type { Lab, Scenario, Started } from './lab.ts';

type Config = KubernetesObject & { data: { value: string } };

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `c${index}`);

/** Objects under writes, each with a watcher that reads it in every reconcile; what it reads never goes back. */
class Readers {
  readonly #lab: Lab;
  readonly #started: Started;
  readonly #written = new Map<string, number>();
  /** What the last reconcile of each read. */
  readonly read = new Map<string, number>();
  readonly wentBack: string[] = [];
  #writes = 0;

  private constructor(lab: Lab, started: Started) {
    this.#lab = lab;
    this.#started = started;
    started.recorder.act = ({ name = '' }) => this.#reads(name);
  }

  static async start(
    lab: Lab,
    settings: Partial<DynamicWatcherSettings>,
    user?: 'viewer',
  ): Promise<Readers> {
    return new Readers(lab, await lab.start({ enableCache: true, ...settings }, user));
  }

  async write(name: string): Promise<void> {
    this.#writes += 1;
    this.#written.set(name, this.#writes);
    await this.#lab.put(name, { value: String(this.#writes) });
  }

  async add(name: string): Promise<void> {
    await this.#started.watcher.addWatcher(this.#of(name), this.#lab.id(name));
  }

  async remove(name: string): Promise<void> {
    this.#written.delete(name);
    this.read.delete(name);
    await this.#started.watcher.removeWatcher(this.#of(name));
  }

  /** Waits until each has read what was last written. */
  async caughtUp(): Promise<void> {
    await this.#lab.until(() => expect(this.read).toEqual(this.#written));
    expect(this.wentBack).toEqual([]);
  }

  /** Waits until all are served so, by so many watches; writing meanwhile. */
  async served(by: string, watches: number): Promise<void> {
    const { watcher } = this.#started;
    await this.#lab.until(async () => {
      for (const name of [...this.#written.keys()].slice(0, 3)) await this.write(name);
      const ways = new Set(watcher.watchStatus().map(({ servedBy }) => servedBy));
      expect([[...ways], watcher.getWatchCount()]).toEqual([[by], watches]);
    });
  }

  #of(name: string): ObjectIdentifier {
    return this.#lab.id(name, { kind: 'Secret' });
  }

  #reads(name: string): void {
    const object = this.#started.watcher.getFromCache<Config>(this.#lab.id(name));
    const value = Number(object?.data.value);
    if (value < (this.read.get(name) ?? 0)) this.wentBack.push(`${name}: ${value}`);
    this.read.set(name, value);
  }
}

/** What has to hold while it changes which watches serve what is depended on. */
export const plans: readonly Scenario[] = [
  {
    name: 'names that come one by one come to share a watch, and part again, and no write is missed',
    async run(lab) {
      // What is written before it is depended on makes no collection busy, however slow the server is.
      const bounds = { shareAt: 8, unshareAfterMs: 300, maxEventFactor: 1000 };
      const readers = await Readers.start(lab, { watchPlanBounds: bounds });
      for (const name of names(20)) {
        await readers.write(name);
        await readers.add(name);
        await readers.write('c0');
      }
      await readers.served('namespace', 1);
      await readers.caughtUp();
      for (const name of names(20).slice(3)) await readers.remove(name);
      await readers.served('object', 3);
      await readers.caughtUp();
    },
  },
  {
    name: 'names of several namespaces come to share a watch of the kind, and no write is missed',
    async run(lab) {
      const other = `${lab.namespace}-other`;
      const bounds = { shareOverNamespacesAt: 8, maxSizeFactor: 1000 };
      const { watcher, recorder } = await lab.start({ watchPlanBounds: bounds });
      for (const [index, namespace] of [lab.namespace, other].entries()) {
        for (const name of names(6)) {
          await lab.put(name, {}, namespace);
          await watcher.addWatcher(lab.id(`${index}-${name}`), lab.id(name, { namespace }));
        }
      }
      await lab.until(() =>
        expect([
          new Set(watcher.watchStatus().map(({ servedBy }) => servedBy)),
          watcher.getWatchCount(),
        ]).toEqual([new Set(['kind']), 1]),
      );
      await lab.until(() => expect(recorder.calls).toHaveLength(12));
      await lab.put('c5', { a: '1' }, other);
      await lab.until(() => expect(recorder.calls).toHaveLength(13));
      expect(recorder.calls.at(-1)?.watcher).toBe('1-c5');
    },
  },
  {
    name: 'who may watch by name only goes on by name',
    async run(lab) {
      await lab.grant(...names(3));
      const readers = await Readers.start(lab, { watchPlanBounds: { shareAt: 2 } }, 'viewer');
      for (const name of names(3)) {
        await readers.write(name);
        await readers.add(name);
      }
      await readers.served('object', 3);
      await readers.caughtUp();
    },
  },
];
