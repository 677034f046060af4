import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { Pod } from '../src/credentials/in-cluster.ts';
import type { ServiceAccountFiles } from './service-account-files.ts';

/** A pod's surroundings in a folder of their own. */
export interface TestPod extends Pod {
  /** Replaces the files all at once, as a kubelet does: by another folder behind a symbolic link. */
  write(files: Partial<ServiceAccountFiles>): void;
}

/** A pod whose API server is at `url`; its files are removed when the test ends. */
export function podOf(url: string, files: Partial<ServiceAccountFiles>): TestPod {
  const serviceAccount = mkdtempSync(join(tmpdir(), 'depwatch-pod-'));
  onTestFinished(() => rmSync(serviceAccount, { recursive: true }));
  const { hostname, port } = new URL(url);
  let version = 0;
  let now: Partial<ServiceAccountFiles> = {};
  const write = (changes: Partial<ServiceAccountFiles>) => {
    now = { ...now, ...changes };
    const data = `..${++version}`;
    mkdirSync(join(serviceAccount, data));
    for (const [name, text] of Object.entries(now)) {
      writeFileSync(join(serviceAccount, data, name), text);
      if (!(name in changes) || version > 1) continue;
      symlinkSync(join('..data', name), join(serviceAccount, name));
    }
    symlinkSync(data, join(serviceAccount, '..data_tmp'));
    renameSync(join(serviceAccount, '..data_tmp'), join(serviceAccount, '..data'));
    if (version > 1) rmSync(join(serviceAccount, `..${version - 1}`), { recursive: true });
  };
  write(files);
  return {
    serviceAccount,
    environment: {
      KUBERNETES_SERVICE_HOST: hostname.replace(/^\[(.*)\]$/, '$1'),
      KUBERNETES_SERVICE_PORT: port,
    },
    write,
  };
}
