import { describe, it } from 'vitest';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../tools/kube-apiserver/control-plane.ts';
import { reloaderScenarios } from './reloader-scenarios.ts';
import { users } from './support/users.ts';

let reason = '';
const binaries = await findKubeApiServer({ build: false, log: (line) => (reason = line) });

if (binaries) {
  reloaderScenarios('a real kube-apiserver', () => startControlPlane({ binaries, users }));
} else if (process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'] === '1') {
  throw new Error(reason);
} else {
  describe('the reloader on a real kube-apiserver', () => it.skip(reason, () => {}));
}
