import { describe, expect, it } from 'vitest';

import type { WorkloadKind } from '../../src/workload.ts';
import { podFrom, podWith } from '../support/cluster.ts';
import type { ScenarioContext } from '../support/scenario-context.ts';

const web = 'Deployment' as const;

/** What rolls and what doesn't, of what is there all the time. */
export function rollingScenarios(context: ScenarioContext): void {
  describe('rolling', () => {
    it('first sight writes the record and replaces no pod', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const { template } = await namespace.state(web, 'web');
      const { events } = await context.run(namespace);
      const event = await events.decision('recorded', 'web');
      expect(event).toMatchObject({
        causes: [],
        workload: { kind: 'Deployment', namespace: namespace.name, name: 'web' },
        reason: 'first sight',
        differing: [],
      });
      const state = await namespace.state(web, 'web');
      expect(JSON.parse(state.record ?? '')).toStrictEqual({
        'configmap/a': expect.stringMatching(/^[\w-]{43}$/) as unknown,
        template: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      });
      expect(state).toMatchObject({ template, rolled: undefined });
    });

    it.each<WorkloadKind>(['Deployment', 'StatefulSet', 'DaemonSet'])(
      'a changed ConfigMap rolls a %s once',
      async (kind) => {
        const namespace = await context.namespace();
        await namespace.configMap('a', { k: '1' });
        await namespace.workload(kind, 'web', podFrom('a'));
        const { events } = await context.run(namespace);
        await events.decision('recorded', 'web');
        const before = await namespace.state(kind, 'web');

        await namespace.patchConfigMap('a', { data: { k: '2' } });
        const event = await events.decision('rolled', 'web');
        expect(event).toMatchObject({
          causes: ['configmap/a modified'],
          reason: 'other data in configmap/a',
          differing: ['configmap/a'],
        });
        const rolled = await namespace.state(kind, 'web');
        expect(rolled.generation).toBe(before.generation + 1);
        expect(rolled.rolled).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z configmap\/a$/);

        // Whatever came after the roll has been seen when this has.
        await namespace.patchConfigMap('a', { metadata: { labels: { seen: 'yes' } } });
        await events.decision('unchanged', 'web');
        expect(await namespace.state(kind, 'web')).toStrictEqual(rolled);
        expect(events.count('rolled')).toBe(1);
      },
    );

    it('a changed label rolls nothing and writes nothing', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');
      const before = await namespace.state(web, 'web');

      await namespace.patchConfigMap('a', { metadata: { labels: { l: '1' } } });
      const event = await events.decision('unchanged', 'web');
      expect(event).toMatchObject({
        causes: ['configmap/a modified'],
        reason: 'same data',
      });
      expect(await namespace.state(web, 'web')).toStrictEqual(before);
    });

    it('a change while it was down rolls once, however often it happened', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.secret('s', { k: '1' });
      const pod = podWith({
        envFrom: [{ configMapRef: { name: 'a' } }, { secretRef: { name: 's' } }],
      });
      await namespace.workload(web, 'web', pod);
      const first = await context.run(namespace);
      await first.events.decision('recorded', 'web');
      await first.stop();
      const before = await namespace.state(web, 'web');

      await namespace.patchConfigMap('a', { data: { k: '2' } });
      await namespace.patchConfigMap('a', { data: { k: '3' } });
      await namespace.patchSecret('s', { stringData: { k: '2' } });
      const second = await context.run(namespace);
      const event = await second.events.decision('rolled', 'web');
      expect(event.differing).toStrictEqual(['configmap/a', 'secret/s']);
      const rolled = await namespace.state(web, 'web');
      expect(rolled.generation).toBe(before.generation + 1);
      await second.stop();

      const third = await context.run(namespace);
      await third.events.decision('unchanged', 'web');
      expect(await namespace.state(web, 'web')).toStrictEqual(rolled);
    });

    it('a restart rolls nothing and writes nothing', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const first = await context.run(namespace);
      await first.events.decision('recorded', 'web');
      await first.stop();
      const before = await namespace.state(web, 'web');

      const second = await context.run(namespace);
      const event = await second.events.decision('unchanged', 'web');
      expect(event).toMatchObject({ reason: 'same data' });
      expect(await namespace.state(web, 'web')).toStrictEqual(before);
    });

    it('only the keys used count where only keys are used', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { used: '1', file: '1', other: '1' });
      const pod = podWith(
        { env: [{ name: 'E', valueFrom: { configMapKeyRef: { name: 'a', key: 'used' } } }] },
        [{ name: 'v', configMap: { name: 'a', items: [{ key: 'file', path: 'f' }] } }],
      );
      await namespace.workload(web, 'web', pod);
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');
      const { generation } = await namespace.state(web, 'web');

      await namespace.patchConfigMap('a', { data: { other: '2', more: '1' } });
      await events.decision('unchanged', 'web');
      await namespace.patchConfigMap('a', { data: { used: '2' } });
      expect((await events.decision('rolled', 'web')).differing).toStrictEqual([
        'configmap/a/used',
      ]);
      await namespace.patchConfigMap('a', { data: { file: '2' } });
      expect((await events.decision('rolled', 'web')).differing).toStrictEqual([
        'configmap/a/file',
      ]);
      expect((await namespace.state(web, 'web')).generation).toBe(generation + 2);
    });

    it('binary data counts, and so does a key named __proto__', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' }, { b: 'AAE=' });
      await namespace.workload(web, 'web', podFrom('a'));
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');
      const { generation } = await namespace.state(web, 'web');

      await namespace.patchConfigMap('a', { binaryData: { b: 'AAI=' } });
      await events.decision('rolled', 'web');
      // Parsed, because in a literal it would set the prototype.
      await namespace.patchConfigMap('a', JSON.parse('{"data":{"__proto__":"1"}}') as object);
      await events.decision('rolled', 'web');
      await namespace.patchConfigMap('a', JSON.parse('{"data":{"__proto__":"2"}}') as object);
      await events.decision('rolled', 'web');
      expect((await namespace.state(web, 'web')).generation).toBe(generation + 3);
    });

    it('what several workloads use rolls each of them once', async () => {
      const namespace = await context.namespace();
      const names = ['w1', 'w2', 'w3', 'w4', 'w5'];
      await namespace.configMap('a', { k: '1' });
      for (const name of names) await namespace.workload(web, name, podFrom('a'));
      const { events } = await context.run(namespace);
      for (let n = 0; n < names.length; n += 1) await events.decision('recorded');
      const { generation } = await namespace.state(web, 'w1');

      await namespace.patchConfigMap('a', { data: { k: '2' } });
      const rolled = [];
      for (let n = 0; n < names.length; n += 1)
        rolled.push((await events.decision('rolled')).workload.name);
      expect(rolled.toSorted()).toStrictEqual(names);
      for (const name of names) {
        expect((await namespace.state(web, name)).generation).toBe(generation + 1);
      }
    });

    it('two reloaders at work roll once', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const one = await context.run(namespace);
      await one.events.decision('recorded', 'web');
      const other = await context.run(namespace);
      await other.events.decision('unchanged', 'web');
      const { generation } = await namespace.state(web, 'web');

      await namespace.patchConfigMap('a', { data: { k: '2' } });
      const [first, second] = await Promise.all(
        [one, other].map(({ events }) =>
          events.take('a decision about the change', (event) => event.type === 'decision'),
        ),
      );
      expect(new Set([first?.outcome, second?.outcome])).toStrictEqual(
        new Set(['rolled', 'unchanged']),
      );
      expect((await namespace.state(web, 'web')).generation).toBe(generation + 1);
    });

    it('a dry run says what it would do and writes nothing', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const before = await namespace.state(web, 'web');
      const { events } = await context.run(namespace, { dryRun: true });
      await events.decision('would-record', 'web');
      await namespace.patchConfigMap('a', { data: { k: '2' } });
      expect((await events.decision('would-roll', 'web')).differing).toStrictEqual(['configmap/a']);
      await namespace.patchConfigMap('a', { metadata: { labels: { l: '1' } } });
      await events.decision('unchanged', 'web');
      expect(await namespace.state(web, 'web')).toStrictEqual(before);
    });
  });
}
