import { describe, expect, test } from 'vitest';
import { recordAnnotation } from '../../src/record.ts';
import { Bench, configMap, workload } from './bench.ts';

const setRecord = (text: string | null) => ({
  metadata: { annotations: { [recordAnnotation]: text } },
});

describe('somebody who works against the reloader', () => {
  test('by taking the record away whenever it appears has it written ever less often, rolls nothing, and is told of once', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    await bench.start();
    await bench.change({ metadata: { labels: { tidied: 'yes' } } }, 'tidier');
    await bench.keepDoing(60_000, async () => {
      if (bench.record()) await bench.change(setRecord(null), 'tidier');
    });
    expect(bench.writes).toBeLessThanOrEqual(5);
    expect(bench.rolled()).toBeUndefined();
    expect(bench.messages('problem')).toEqual([
      expect.stringMatching(/depwatch.dev\/hash is undone again and again by .*tidier/),
    ]);
    expect(await bench.clusterEvents()).toEqual(bench.messages('problem'));

    const undo = async () => {
      if (bench.record()) await bench.change(setRecord(null), 'tidier');
    };
    await bench.keepDoing(3_600_000 - 60_000, undo, 5000);
    // 10, 20, 40, … 600 s apart.
    expect(bench.writes).toBeLessThanOrEqual(14);
    expect(bench.messages('problem')).toHaveLength(1);
  });

  test('by setting it back to an older value rolls nothing more', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    await bench.start();
    const old = bench.record()!;
    await bench.set('a', { k: '2' });
    await bench.pass(3000);
    expect(bench.outcomes).toEqual(['recorded', 'rolled']);
    const rolled = bench.rolled();
    await bench.keepDoing(60_000, async () => {
      if (bench.record() !== old) await bench.change(setRecord(old), 'restorer');
    });
    expect(bench.rolled()).toBe(rolled);
    expect(bench.writes).toBeLessThanOrEqual(5);
    expect(bench.messages('problem')).toEqual([
      expect.stringMatching(/depwatch.dev\/hash is undone again and again by restorer/),
    ]);
  });

  test('by changing what it uses at each roll has it rolled at 0, 10, 30 and 70 s, and is named', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    await bench.start();
    let seen = bench.rolled();
    let round = 1;
    await bench.set('a', { k: 'first' });
    await bench.keepDoing(60_000, async () => {
      if (bench.rolled() === seen) return;
      seen = bench.rolled();
      await bench.set('a', { k: String((round += 1)) }, 'ConfigMap', 'web-migrator');
    });
    expect(bench.outcomes.filter((outcome) => outcome === 'rolled')).toHaveLength(3);
    expect(bench.messages('problem')).toEqual([
      expect.stringContaining('configmap/a is changed by web-migrator'),
    ]);
    expect(await bench.clusterEvents()).toEqual(bench.messages('problem'));
    const at = bench.fake.clock.now();
    await bench.pass(600_000);
    // When it has ended, the last change is not forgotten, and what comes much later need not wait.
    expect(bench.outcomes.at(-1)).toBe('rolled');
    expect(bench.fake.clock.now() - at).toBe(600_000);
    await bench.set('a', { k: 'late' });
    await bench.pass(2100);
    expect(bench.outcomes.filter((outcome) => outcome === 'rolled')).toHaveLength(5);
  });
});

describe('a burst', () => {
  test('of 40 changes in 1.2 s is one roll, of the last state', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    await bench.start();
    for (let change = 0; change < 40; change += 1) {
      await bench.set('a', { k: `new ${change}` });
      await bench.pass(30);
    }
    await bench.pass(60_000);
    expect(bench.outcomes).toEqual(['recorded', 'rolled']);
  });

  test('of changes without an end is looked at all the same, and rolls no more often than every 10 s', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    await bench.start();
    let change = 0;
    await bench.keepDoing(60_000, () => bench.set('a', { k: String((change += 1)) }));
    const rolls = bench.outcomes.filter((outcome) => outcome === 'rolled').length;
    expect(rolls).toBeGreaterThanOrEqual(2);
    expect(rolls).toBeLessThanOrEqual(4);
  });

  test('of two ConfigMaps and the pod template within 0.2 s makes no rollout beside that of the template', async () => {
    await using bench = new Bench(configMap('a'), configMap('b'), workload(['a', 'b']));
    await bench.start();
    await bench.set('a', { k: '2' });
    await bench.pass(100);
    await bench.set('b', { k: '2' });
    await bench.pass(100);
    await bench.change({ spec: { template: { metadata: { labels: { version: '2' } } } } });
    await bench.pass(60_000);
    expect(bench.rolled()).toBeUndefined();
    await bench.set('a', { k: '3' });
    await bench.pass(3000);
    expect(bench.outcomes).toEqual(['recorded', 'recorded', 'rolled']);
  });

  test('two changes in a hurry are two rolls, 10 s apart, and nobody is told of', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    await bench.start();
    await bench.set('a', { k: '2' });
    await bench.pass(3000);
    await bench.set('a', { k: '3' });
    await bench.pass(4000);
    expect(bench.outcomes).toEqual(['recorded', 'rolled', 'held']);
    await bench.pass(6000);
    expect(bench.outcomes).toEqual(['recorded', 'rolled', 'held', 'rolled']);
    expect(bench.messages('problem')).toEqual([]);
  });
});
