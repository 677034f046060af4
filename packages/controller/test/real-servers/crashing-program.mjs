// A controller that the test kills: with a ConfigMap for each widget, which its finalizer deletes. It says what it is through with.
import { KubeConfig } from '@kubernetes/client-node';
import { createController } from '@depwatch/controller';

const kubeConfig = new KubeConfig();
kubeConfig.loadFromString(process.env.KUBECONFIG_TEXT);
const child = ({ metadata: { name, namespace } }) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `of-${name}`, namespace },
});

const controller = createController({
  kind: { group: 'example.com', version: 'v1', kind: 'Widget' },
  kubeConfig,
  maxConcurrentReconciles: 4,
  finalizer: {
    name: 'example.com/widgets',
    async run(widget, { client }) {
      const { name, namespace } = child(widget).metadata;
      await client.delete({ version: 'v1', kind: 'ConfigMap', namespace, name });
      console.log(`finalized ${widget.metadata.uid}`);
    },
  },
  // No owner: nobody but the finalizer may be the one that cleans up.
  reconcile: (widget, { apply }) => apply(child(widget)).then(() => undefined),
});
await controller.start();
await controller.ready;
console.log('ready');
