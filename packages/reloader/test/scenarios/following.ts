import { describe, expect, it } from 'vitest';

import { podFrom, podWith } from '../support/cluster.ts';
import type { ScenarioContext } from '../support/scenario-context.ts';

const web = 'Deployment' as const;

/** What comes and goes: references, objects, workloads and their wish to take part. */
export function followingScenarios(context: ScenarioContext): void {
  describe('following', () => {
    it('the watches follow what the pod template names, without a roll of its own', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('old', { k: '1' });
      await namespace.configMap('new', { k: '1' });
      await namespace.workload(web, 'web', podFrom('old'));
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');

      await namespace.patchWorkload(web, 'web', { spec: { template: { spec: podFrom('new') } } });
      const asked = await namespace.state(web, 'web');
      const event = await events.decision('recorded', 'web');
      expect(event).toMatchObject({
        reason: 'new: configmap/new, no longer used: configmap/old',
      });
      const before = await namespace.state(web, 'web');
      expect(before.template).toBe(asked.template);

      await namespace.patchConfigMap('old', { data: { k: '2' } });
      await namespace.patchConfigMap('new', { data: { k: '2' } });
      expect((await events.decision('rolled', 'web')).differing).toStrictEqual(['configmap/new']);
      expect((await namespace.state(web, 'web')).generation).toBe(before.generation + 1);
      const seen = events.decisions.flatMap(({ causes }) => causes).join();
      expect(seen).not.toContain('configmap/old modified');
    });

    it('another key of the same object is followed', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { one: '1', two: '1' });
      const using = (key: string) =>
        podWith({ env: [{ name: 'E', valueFrom: { configMapKeyRef: { name: 'a', key } } }] });
      await namespace.workload(web, 'web', using('one'));
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');
      await namespace.patchWorkload(web, 'web', { spec: { template: { spec: using('two') } } });
      await events.decision('recorded', 'web');
      await namespace.patchConfigMap('a', { data: { one: '2' } });
      await events.decision('unchanged', 'web');
      await namespace.patchConfigMap('a', { data: { two: '2' } });
      expect((await events.decision('rolled', 'web')).differing).toStrictEqual(['configmap/a/two']);
    });

    it('something missing at first sight is waited for, and its coming replaces no pod', async () => {
      const namespace = await context.namespace();
      await namespace.workload(web, 'web', podFrom('late'));
      const { events } = await context.run(namespace);
      expect((await events.decision('waiting', 'web')).reason).toBe('waiting for configmap/late');
      const before = await namespace.state(web, 'web');

      await namespace.configMap('late', { k: '1' });
      const event = await events.decision('recorded', 'web');
      expect(event.causes).toStrictEqual(['configmap/late added']);
      expect((await namespace.state(web, 'web')).template).toBe(before.template);
      await namespace.patchConfigMap('late', { data: { k: '2' } });
      await events.decision('rolled', 'web');
    });

    it('something optional that comes later rolls', async () => {
      const namespace = await context.namespace();
      const pod = podWith({ envFrom: [{ configMapRef: { name: 'late', optional: true } }] });
      await namespace.workload(web, 'web', pod);
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');
      await namespace.configMap('late', { k: '1' });
      expect((await events.decision('rolled', 'web')).differing).toStrictEqual(['configmap/late']);
    });

    it('something deleted rolls nothing; back as it was nothing; back different once', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');
      const before = await namespace.state(web, 'web');

      await namespace.deleteConfigMap('a');
      const gone = await events.decision('waiting', 'web');
      expect(gone.causes).toStrictEqual(['configmap/a deleted']);
      await namespace.configMap('a', { k: '1' });
      const back = await events.decision('unchanged', 'web');
      expect(back.causes).toStrictEqual(['configmap/a added']);
      expect(await namespace.state(web, 'web')).toStrictEqual(before);

      await namespace.deleteConfigMap('a');
      await events.decision('waiting', 'web');
      await namespace.configMap('a', { k: '2' });
      await events.decision('rolled', 'web');
      expect((await namespace.state(web, 'web')).generation).toBe(before.generation + 1);
    });

    it('something optional that is deleted rolls, and once more when it is back', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      const pod = podWith({ envFrom: [{ configMapRef: { name: 'a', optional: true } }] });
      await namespace.workload(web, 'web', pod);
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');
      await namespace.deleteConfigMap('a');
      await events.decision('rolled', 'web');
      await namespace.configMap('a', { k: '1' });
      await events.decision('rolled', 'web');
    });

    it('data and record that are replaced together roll', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');
      await namespace.patchConfigMap('a', { data: { k: '2' } });
      await namespace.patchWorkload(web, 'web', {
        metadata: { annotations: { 'depwatch.dev/hash': null } },
      });
      await events.decision('rolled', 'web');
    });

    it('data and pod template that both changed while it was down roll nothing more', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const first = await context.run(namespace);
      await first.events.decision('recorded', 'web');
      await first.stop();
      await namespace.patchConfigMap('a', { data: { k: '2' } });
      const labels = { app: 'web', version: '2' };
      await namespace.patchWorkload(web, 'web', { spec: { template: { metadata: { labels } } } });
      const second = await context.run(namespace);
      expect((await second.events.decision('recorded', 'web')).reason).toBe('new: configmap/a');
      expect((await namespace.state(web, 'web')).rolled).toBeUndefined();
    });

    it('who undoes each write is left alone for ever longer, and named in one event', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const { events } = await context.run(namespace, { settleMs: 20, minIntervalMs: 200 });
      await events.decision('recorded', 'web');
      const annotations = { 'depwatch.dev/hash': '{}' };
      const undo = () => namespace.patchWorkload(web, 'web', { metadata: { annotations } });
      await undo();
      await events.decision('restored', 'web');
      await undo();
      await events.decision('restored', 'web');
      await undo();
      await events.has('problem');
      const told = events.all.filter((event) => event.type === 'problem');
      expect(told.map(({ message }) => message)).toStrictEqual([
        expect.stringMatching(/^depwatch.dev\/hash is undone again and again by [\w-]+;/),
      ]);
      expect(await namespace.eventNotes('RecordUndone')).toStrictEqual([told[0]?.message]);
    });

    it('a workload opts in, out and in again', async () => {
      const namespace = await context.namespace();
      const annotate = (value: string | null) =>
        namespace.patchWorkload(web, 'web', {
          metadata: { annotations: { 'depwatch.dev/reload': value } },
        });
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'), null);
      const { events } = await context.run(namespace);
      await annotate('auto');
      await events.decision('recorded', 'web');
      await annotate('off');
      await events.decision('released', 'web');
      const left = await namespace.state(web, 'web');

      await namespace.patchConfigMap('a', { data: { k: '2' } });
      expect(await namespace.state(web, 'web')).toStrictEqual(left);
      await annotate('auto');
      await events.decision('rolled', 'web');
      await annotate(null);
      await events.decision('released', 'web');
    });

    it('without --all only those that opted in take part, with it all but those that opted out', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'in', podFrom('a'), 'auto');
      await namespace.workload(web, 'silent', podFrom('a'), null);
      await namespace.workload(web, 'out', podFrom('a'), 'off');
      const some = await context.run(namespace);
      expect(some.events.all.find(({ type }) => type === 'synced')).toStrictEqual({
        type: 'synced',
        workloads: 3,
        takingPart: 1,
      });
      await some.events.decision('recorded', 'in');
      await some.stop();

      const all = await context.run(namespace, { all: true });
      expect(all.events.all.find(({ type }) => type === 'synced')).toMatchObject({ takingPart: 2 });
      await all.events.decision('recorded', 'silent');
      expect(all.events.decisions.map(({ workload }) => workload.name)).not.toContain('out');
      expect((await namespace.state(web, 'out')).record).toBeUndefined();
    });

    it('of a list only what it names is watched, and what it names wrongly is told of', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.configMap('b', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a', 'b'), 'configmap/b, secret/b, nonsense');
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');
      const problems = events.all.filter((event) => event.type === 'problem');
      expect(problems.map(({ message }) => message)).toStrictEqual([
        expect.stringContaining('"nonsense"'),
        expect.stringContaining('secret/b'),
      ]);

      await namespace.patchConfigMap('a', { data: { k: '2' } });
      await namespace.patchConfigMap('b', { data: { k: '2' } });
      const event = await events.decision('rolled', 'web');
      expect(event.differing).toStrictEqual(['configmap/b']);
      const seen = events.decisions.flatMap(({ causes }) => causes).join();
      expect(seen).not.toContain('configmap/a');
    });

    it('a workload that comes later is watched, one that is deleted no longer', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      const { events } = await context.run(namespace);
      await namespace.workload(web, 'web', podFrom('a'));
      await events.decision('recorded', 'web');
      await namespace.apps.deleteNamespacedDeployment({ namespace: namespace.name, name: 'web' });
      await events.decision('released', 'web');
    });

    it('a workload that is being deleted is left alone', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'), 'auto', ['test.example/hold']);
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');
      await namespace.apps.deleteNamespacedDeployment({ namespace: namespace.name, name: 'web' });
      const before = await namespace.state(web, 'web');
      await namespace.patchConfigMap('a', { data: { k: '2' } });
      // A workload that takes part shows that the change has been seen.
      await namespace.workload(web, 'other', podFrom('a'));
      await events.decision('recorded', 'other');
      expect(await namespace.state(web, 'web')).toStrictEqual(before);
      await namespace.patchWorkload(web, 'web', { metadata: { finalizers: null } });
      await events.decision('released', 'web');
    });

    it('a record that somebody removed or broke is restored, without a roll', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const { events } = await context.run(namespace);
      await events.decision('recorded', 'web');
      const { record, template } = await namespace.state(web, 'web');
      for (const [broken, reason] of [
        [null, 'somebody has removed the record'],
        ['{"configmap/a":', 'somebody has broken the record'],
      ]) {
        const annotations = { 'depwatch.dev/hash': broken };
        await namespace.patchWorkload(web, 'web', { metadata: { annotations } });
        expect((await events.decision('restored', 'web')).reason).toBe(reason);
        expect(await namespace.state(web, 'web')).toMatchObject({ template, record });
      }
    });
  });
}
