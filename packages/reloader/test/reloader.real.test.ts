import { describe, expect, it } from 'vitest';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../tools/kube-apiserver/control-plane.ts';
import { reloaderScenarios } from './reloader-scenarios.ts';
import { loadKubeConfig, podFrom } from './support/cluster.ts';
import { bindRole, rulesWithout } from './support/manifests.ts';
import { useScenarioContext } from './support/scenario-context.ts';
import { limitedUser, users } from './support/users.ts';

let reason = '';
const binaries = await findKubeApiServer({ build: false, log: (line) => (reason = line) });

if (binaries) {
  reloaderScenarios('a real kube-apiserver', () => startControlPlane({ binaries, users }));

  describe(
    'the reloader on a real kube-apiserver without streaming lists',
    { timeout: 30_000 },
    () => {
      const context = useScenarioContext(() =>
        startControlPlane({ binaries, users, apiServerFlags: ['--feature-gates=WatchList=false'] }),
      );

      it('the role is enough', async () => {
        const namespace = await context.namespace();
        await namespace.configMap('a', { k: '1' });
        await namespace.workload('Deployment', 'web', podFrom('a'));
        const { events } = await context.run(namespace);
        await events.decision('recorded', 'web');
        await namespace.patchConfigMap('a', { data: { k: '2' } });
        await events.decision('rolled', 'web');
      });

      it.each([
        { group: 'apps', resource: 'deployments' },
        { group: '', resource: 'configmap' },
      ])(
        'without the verb list on the API group "$group" it says so',
        async ({ group, resource }) => {
          const namespace = await context.namespace();
          await namespace.configMap('a', { k: '1' });
          await namespace.workload('Deployment', 'web', podFrom('a'));
          const admin = loadKubeConfig(context.server.kubeConfig);
          await bindRole(admin, namespace.name, limitedUser, await rulesWithout('list', group));
          const { events } = await context.runAs(limitedUser, namespace);
          await events.failure('list', resource);
          // What may not be watched but read counts, as far as it is seen.
          if (group === 'apps')
            expect((await namespace.state('Deployment', 'web')).record).toBeUndefined();
        },
      );
    },
  );
} else if (process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'] === '1') {
  throw new Error(reason);
} else {
  describe('the reloader on a real kube-apiserver', () => it.skip(reason, () => {}));
}
