// A process with a controller, as users write it; its reconcile ends when it is told to, or never.
import { KubeConfig } from '@kubernetes/client-node';
import { createController, run } from '@depwatch/controller';

const kubeConfig = new KubeConfig();
kubeConfig.loadFromString(process.env.KUBECONFIG_TEXT);
const hangs = process.argv.includes('hangs');

const controller = createController({
  kind: { version: 'v1', kind: 'Namespace' },
  kubeConfig,
  async reconcile({ metadata }, { signal }) {
    if (metadata.name !== 'default') return;
    console.log('reconciling');
    await new Promise((resolve) => {
      if (!hangs) signal.addEventListener('abort', resolve);
    });
    console.log('ended');
  },
});
process.exitCode = await run([controller]).done;
console.log('done');
