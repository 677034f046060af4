import { describe, expect, it } from 'vitest';

import type { ClusterClient } from '../src/cluster-client.ts';
import type { Content } from '../src/content-hash.ts';
import { DecisionMaker } from '../src/decision-maker.ts';
import type { DecisionEvent } from '../src/events.ts';
import { Inventory } from '../src/inventory.ts';
import { recordAnnotation } from '../src/record.ts';
import type { Result } from '@depwatch/dynamic-watcher';
import type { WorkloadLike } from '../src/workload.ts';

const id = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'n', name: 'web' };
const configMap = { version: 'v1', kind: 'ConfigMap', namespace: 'n', name: 'a' };

interface Patch {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly annotations: { readonly [key: string]: string };
  };
  readonly spec?: object;
}

/**
 * A decision maker between fakes: a cluster with one workload and ConfigMaps, and a cache that shows the workload when
 * the test says so, which is how the races below come about.
 */
class Stage {
  readonly contents = new Map<string, Content>();
  readonly patches: Patch[] = [];
  readonly decided: DecisionEvent[] = [];
  readonly calls: string[] = [];
  /** What is in the cluster. */
  workload: WorkloadLike;
  woken = 0;
  /** Runs in the middle of the next call of that name; `written`: after a patch took effect, before its answer. */
  readonly meanwhile = new Map<string, () => void>();
  readonly #inventory: Inventory;
  readonly #maker: DecisionMaker;

  constructor(...configMaps: string[]) {
    this.workload = workloadWith(configMaps);
    this.#inventory = new Inventory({
      all: false,
      now: () => 0,
      wake: () => (this.woken += 1),
      problem: () => {},
    });
    this.#maker = new DecisionMaker({
      inventory: this.#inventory,
      client: this.#client(),
      references: {
        addOrUpdateWatcher: (_watcher, watched) =>
          this.#call(`watch ${watched.map(({ name }) => name).join()}`),
        removeWatcher: () => this.#call('unwatch'),
        enqueue: () => void this.calls.push('enqueue'),
      },
      dryRun: false,
      limit: (task) => task(),
      now: () => 0,
      decided: (event) => this.decided.push(event),
    });
    this.show();
  }

  /** Lets the cache show what is in the cluster, or nothing. */
  show(...workloads: readonly WorkloadLike[]): void {
    this.#inventory.update('all', 'Deployment', workloads.length > 0 ? workloads : [this.workload]);
  }

  showNone(): void {
    this.#inventory.update('all', 'Deployment', []);
  }

  /** Changes the workload in the cluster. */
  change(change: (workload: WorkloadLike) => WorkloadLike): void {
    const changed = change(this.workload);
    const resourceVersion = String(Number(this.workload.metadata?.resourceVersion) + 1);
    this.workload = { ...changed, metadata: { ...changed.metadata, resourceVersion } };
  }

  reconcile(type: 'modified' | 'ended' | 'enqueued' = 'enqueued'): Promise<Result | void> {
    const cause = { type, ...(type !== 'enqueued' && { watched: configMap }) };
    return this.#maker.reconcile(id, {
      causes: [cause],
      attempt: 1,
      signal: new AbortController().signal,
    });
  }

  get outcomes(): readonly string[] {
    return this.decided.map(({ outcome }) => outcome);
  }

  async #call(name: string): Promise<void> {
    this.calls.push(name);
    await Promise.resolve();
    this.#happen(name);
  }

  #happen(name: string): void {
    const action = this.meanwhile.get(name);
    this.meanwhile.delete(name);
    action?.();
  }

  #client(): ClusterClient {
    return {
      reach: () => Promise.resolve(),
      readContent: async (_kind, _namespace, name) => {
        await this.#call('read');
        return this.contents.get(name);
      },
      patchWorkload: async (_workload, patch) => {
        const { metadata, spec } = patch as Patch;
        await this.#call('patch');
        if (metadata.resourceVersion !== this.workload.metadata?.resourceVersion) return 'conflict';
        this.patches.push({ metadata, ...(spec && { spec }) });
        this.change((workload) => annotated(workload, metadata.annotations));
        this.#happen('written');
        return 'patched';
      },
      close: () => {},
    };
  }
}

function workloadWith(configMaps: readonly string[]): WorkloadLike {
  const envFrom = configMaps.map((name) => ({ configMapRef: { name } }));
  return {
    metadata: {
      name: 'web',
      namespace: 'n',
      resourceVersion: '1',
      annotations: { 'depwatch.dev/reload': 'auto' },
    },
    spec: { template: { spec: { containers: [{ envFrom }] } } },
  };
}

function annotated(workload: WorkloadLike, annotations: { [key: string]: string }): WorkloadLike {
  return {
    ...workload,
    metadata: {
      ...workload.metadata,
      annotations: { ...workload.metadata?.annotations, ...annotations },
    },
  };
}

/** A stage on which the first record is written, and shown by the cache. */
async function settled(): Promise<Stage> {
  const stage = new Stage('a');
  stage.contents.set('a', { data: { k: '1' } });
  await stage.reconcile();
  stage.show();
  expect(stage.outcomes).toStrictEqual(['recorded']);
  stage.calls.length = 0;
  stage.woken = 0;
  return stage;
}

describe('DecisionMaker', () => {
  it('watches first and reads then, so that no change falls in between', async () => {
    const stage = new Stage('a', 'b');
    await stage.reconcile();
    expect(stage.calls).toStrictEqual(['watch a,b', 'read', 'read']);
  });

  it('does not look again when the cache shows its own write', async () => {
    const stage = await settled();
    stage.contents.set('a', { data: { k: '2' } });
    await stage.reconcile('modified');
    stage.show();
    expect(stage.outcomes).toStrictEqual(['recorded', 'rolled']);
    expect(stage.woken).toBe(0);
  });

  it('nor when the cache is faster than the answer', async () => {
    const stage = await settled();
    stage.contents.set('a', { data: { k: '2' } });
    stage.meanwhile.set('written', () => stage.show());
    await stage.reconcile('modified');
    expect(stage.outcomes).toStrictEqual(['recorded', 'rolled']);
    expect(stage.woken).toBe(0);
  });

  it('rolls once more for data that is back as it was while the cache is still behind', async () => {
    const stage = await settled();
    stage.contents.set('a', { data: { k: '2' } });
    await stage.reconcile('modified');
    stage.contents.set('a', { data: { k: '1' } });
    // On what the cache shows, the first record, nothing differs.
    await stage.reconcile('modified');
    stage.show();
    expect(stage.woken).toBe(1);
    await stage.reconcile();
    expect(stage.patches.filter(({ spec }) => spec)).toHaveLength(2);
  });

  it('after a conflict waits for the cache and rolls once', async () => {
    const stage = await settled();
    stage.contents.set('a', { data: { k: '2' } });
    stage.change((workload) => workload);
    expect(await stage.reconcile('modified')).toStrictEqual({ requeueAfterMs: 200 });
    expect(stage.outcomes).toStrictEqual(['recorded']);
    stage.show();
    expect(stage.woken).toBe(1);
    await stage.reconcile();
    expect(stage.decided.at(-1)).toMatchObject({
      outcome: 'rolled',
      changes: [{ type: 'modified', name: 'a' }],
    });
    expect(stage.patches.filter(({ spec }) => spec)).toHaveLength(1);
  });

  it('another writer that rolled for the same change is as good', async () => {
    const stage = await settled();
    const other = await settled();
    other.contents.set('a', { data: { k: '2' } });
    await other.reconcile('modified');
    const record = other.workload.metadata?.annotations?.[recordAnnotation] ?? '';

    stage.contents.set('a', { data: { k: '2' } });
    stage.change((workload) => annotated(workload, { [recordAnnotation]: record }));
    await stage.reconcile('modified');
    stage.show();
    await stage.reconcile();
    expect(stage.outcomes).toStrictEqual(['recorded', 'unchanged']);
  });

  it('looks again when the record changed while it read', async () => {
    const stage = await settled();
    stage.meanwhile.set('read', () => {
      stage.change((workload) => annotated(workload, { [recordAnnotation]: '{}' }));
      stage.show();
    });
    await stage.reconcile('modified');
    expect(stage.woken + stage.calls.filter((call) => call === 'enqueue').length).toBeGreaterThan(
      0,
    );
    await stage.reconcile();
    expect(stage.outcomes).toStrictEqual(['recorded', 'unchanged', 'recorded']);
  });

  it('watches anew after its watches were refused', async () => {
    const stage = await settled();
    await stage.reconcile('ended');
    expect(stage.calls).toStrictEqual(['watch a', 'read']);
    expect(stage.decided.at(-1)).toMatchObject({ changes: [{ type: 'unwatchable', name: 'a' }] });
  });

  it('keeps what happened until it could decide', async () => {
    const stage = await settled();
    stage.contents.set('a', { data: { k: '2' } });
    stage.meanwhile.set('patch', () => {
      throw new Error('no answer');
    });
    await expect(stage.reconcile('modified')).rejects.toThrow('no answer');
    await stage.reconcile();
    expect(stage.decided.at(-1)).toMatchObject({
      outcome: 'rolled',
      changes: [{ type: 'modified', name: 'a' }],
    });
  });

  it('of a workload that names nothing any more it drops watches and record', async () => {
    const stage = await settled();
    stage.change((workload) => ({ ...workload, spec: workloadWith([]).spec ?? {} }));
    stage.show();
    await stage.reconcile();
    expect(stage.calls).toStrictEqual(['unwatch', 'enqueue']);
    await stage.reconcile();
    expect(stage.patches.at(-1)?.metadata.annotations).toStrictEqual({ [recordAnnotation]: '{}' });
    expect(stage.patches.at(-1)?.spec).toBeUndefined();
  });

  it('of a workload that is gone it drops the watches, and forgets it', async () => {
    const stage = await settled();
    stage.showNone();
    await stage.reconcile();
    expect(stage.calls).toStrictEqual(['unwatch']);
    expect(stage.outcomes).toStrictEqual(['recorded', 'released']);
    await stage.reconcile();
    expect(stage.outcomes).toHaveLength(2);
  });

  it('a workload that comes back while it is released is looked at again', async () => {
    const stage = await settled();
    stage.showNone();
    stage.meanwhile.set('unwatch', () => stage.show());
    await stage.reconcile();
    expect(stage.calls).toStrictEqual(['unwatch', 'enqueue']);
    expect(stage.outcomes).toStrictEqual(['recorded']);
    await stage.reconcile();
    expect(stage.calls).toStrictEqual(['unwatch', 'enqueue', 'watch a', 'read']);
    expect(stage.outcomes).toStrictEqual(['recorded', 'unchanged']);
  });

  it('a workload that uses something else by the time it is watched is left to the next run', async () => {
    const stage = await settled();
    stage.change((workload) => ({ ...workload, spec: workloadWith(['b']).spec ?? {} }));
    stage.show();
    stage.meanwhile.set('watch b', () => {
      stage.change((workload) => ({ ...workload, spec: workloadWith(['c']).spec ?? {} }));
      stage.show();
    });
    await stage.reconcile();
    expect(stage.calls).toStrictEqual(['watch b']);
    expect(stage.woken).toBe(2);
    await stage.reconcile();
    expect(stage.calls).toStrictEqual(['watch b', 'watch c', 'read', 'patch']);
  });
});
