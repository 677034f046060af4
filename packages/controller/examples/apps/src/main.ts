/** The controller of Apps as it runs in a cluster: two replicas share the Apps, see manifests/apps.yaml. */
import { run } from '@depwatch/controller';
import { createReplicas } from '@depwatch/replicas';

import { createAppController } from './index.ts';

await using replicas = createReplicas({
  namespace: process.env['POD_NAMESPACE'] ?? 'default',
  name: 'apps',
});
const controller = createAppController({ ownership: replicas });
await replicas.start();
// Until SIGTERM; then the other replica takes over.
process.exitCode = await run([controller]).done;
