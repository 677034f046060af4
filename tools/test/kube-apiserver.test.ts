import { expect, test } from 'vitest';

import { findKubeApiServer } from '../kube-apiserver/binaries.ts';

// Suites that need a real kube-apiserver are skipped where there is none. That must not go unnoticed
// where one is meant to be, as on CI.
test.runIf(process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'])(
  'there is a kube-apiserver',
  async () => {
    expect(await findKubeApiServer()).toBeDefined();
  },
);
