import type { Logger } from '@depwatch/controller';
import { createReplicas, type Replicas } from '@depwatch/replicas';
import { describe, expect, it } from 'vitest';

import { loadKubeConfig, podFrom, podWith } from '../support/cluster.ts';
import { reloaderUser } from '../../src/embedded/demo.ts';
import { applyManifest, bindRole, leaseRulesWithout, rulesWithout } from '../support/manifests.ts';
import { limitedUser, teamNamespace, teamUser } from '../support/users.ts';
import type { ScenarioContext } from '../support/scenario-context.ts';

const web = 'Deployment' as const;

/** What it may do and say. */
export function guardingScenarios(context: ScenarioContext): void {
  describe('guarding', () => {
    it("no Secret's data appears in events, reports, logs, errors, records or patches", async () => {
      const namespace = await context.namespace();
      const values = ['tr0ub4dor', 'c0rrecth0rse', 'batterystap1e'];
      const [first = '', second = '', third = ''] = values;
      await namespace.secret('s', { password: first, other: second });
      const pod = podWith(
        { env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 's', key: 'password' } } }] },
        [{ name: 'v', secret: { secretName: 's', items: [{ key: 'other', path: 'o' }] } }],
      );
      await namespace.workload(web, 'web', pod);
      const { events, output } = await context.run(namespace);
      await events.decision('recorded', 'web');
      await namespace.patchSecret('s', { stringData: { password: third } });
      await events.decision('rolled', 'web');
      await namespace.core.deleteNamespacedSecret({ namespace: namespace.name, name: 's' });
      await events.decision('waiting', 'web');

      const deployment = await namespace.apps.readNamespacedDeployment({
        namespace: namespace.name,
        name: 'web',
      });
      const said = output() + JSON.stringify(deployment);
      expect(said).toContain('secret/s/password');
      for (const value of values) {
        expect(said).not.toContain(value);
        expect(said).not.toContain(Buffer.from(value).toString('base64'));
      }
    });

    it('the manifest for one namespace grants enough there, and nothing elsewhere', async () => {
      const admin = loadKubeConfig(context.server.kubeConfig);
      const team = await context.namespaceNamed(teamNamespace);
      await applyManifest(admin, 'namespaced', team.name);
      await team.configMap('a', { k: '1' });
      await team.secret('s', { k: '1' });
      const pod = podWith({
        envFrom: [{ configMapRef: { name: 'a' } }, { secretRef: { name: 's' } }],
      });
      await team.workload(web, 'web', pod);
      const { events } = await context.runAs(teamUser, team);
      await events.decision('recorded', 'web');
      await team.patchSecret('s', { stringData: { k: '2' } });
      await events.decision('rolled', 'web');

      const elsewhere = await context.namespace();
      const refused = await context.runAs(teamUser, elsewhere);
      await refused.events.failure(elsewhere.name, 'deployments');
    });

    it.each([
      { group: 'apps', verb: 'watch', parts: ['watch', 'deployments'] },
      { group: 'apps', verb: 'patch', parts: ['patch', 'deployment'] },
      { group: '', verb: 'watch', parts: ['watch', 'configmap'] },
      { group: '', verb: 'get', parts: ['get', 'configmap'] },
    ])(
      'without the verb $verb on the API group "$group" it says so',
      async ({ group, verb, parts }) => {
        const admin = loadKubeConfig(context.server.kubeConfig);
        const namespace = await context.namespace();
        await namespace.configMap('a', { k: '1' });
        await namespace.workload(web, 'web', podFrom('a'));
        const rules = await rulesWithout(verb, group);
        await bindRole(admin, namespace.name, limitedUser, rules);
        const { events } = await context.runAs(limitedUser, namespace);
        await events.failure(...parts);
        // What may not be watched but read counts, as far as it is seen.
        if (group === 'apps' || verb === 'get')
          expect(await namespace.state(web, 'web')).toMatchObject({ record: undefined });
      },
    );

    it('the manifest for a cluster grants what leading takes', async () => {
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const [one, two] = ['one', 'two'].map((identity) =>
        candidate(context, reloaderUser, 'depwatch-system', identity),
      ) as [Replicas, Replicas];
      await using _ = two;
      await one.start();
      const first = await context.runAs(reloaderUser, namespace, { ownership: one });
      await first.events.decision('recorded', 'web');
      await two.start();
      const second = await context.runAs(reloaderUser, namespace, { ownership: two });
      await first.stop();
      await one.stop();
      await second.events.decision('unchanged', 'web');
      await namespace.patchConfigMap('a', { data: { k: '2' } });
      await second.events.decision('rolled', 'web');
    });

    it.each(['get', 'create', 'update'])(
      'without the verb %s on Leases it does not lead, and says so',
      async (verb) => {
        const namespace = await context.namespace();
        const admin = loadKubeConfig(context.server.kubeConfig);
        await bindRole(admin, namespace.name, limitedUser, await leaseRulesWithout(verb));
        const said = Promise.withResolvers<string>();
        const warn = (fields: object): void => said.resolve(String(Object.values(fields)));
        const logger = { debug: () => {}, info: () => {}, warn, error: warn };
        await using one = candidate(context, limitedUser, namespace.name, 'one', logger);
        one.start().catch(() => {});
        expect(await said.promise).toContain(`cannot ${verb} resource "leases"`);
      },
    );

    it('each verb of the role but list, with streaming lists, is all that it needs', async () => {
      const admin = loadKubeConfig(context.server.kubeConfig);
      const namespace = await context.namespace();
      await namespace.configMap('a', { k: '1' });
      await namespace.workload(web, 'web', podFrom('a'));
      const rules = await rulesWithout('list', 'apps', '');
      await bindRole(admin, namespace.name, limitedUser, rules);
      const { events } = await context.runAs(limitedUser, namespace);
      await events.decision('recorded', 'web');
      await namespace.patchConfigMap('a', { data: { k: '2' } });
      await events.decision('rolled', 'web');
    });
  });
}

function candidate(
  { server }: ScenarioContext,
  user: string,
  namespace: string,
  identity: string,
  logger?: Logger,
): Replicas {
  return createReplicas({
    kubeConfig: loadKubeConfig(server.kubeConfigFor(user)),
    namespace,
    name: 'depwatch-reloader',
    identity,
    mode: 'leader',
    retryPeriodMs: 100,
    ...(logger && { logger }),
  });
}
