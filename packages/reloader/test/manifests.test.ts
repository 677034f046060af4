import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { parseCliOptions } from '../src/cli-options.ts';
import { deploymentOf, readManifest } from './support/manifests.ts';

describe.each(['cluster-wide', 'namespaced'])('the manifest %s', (name) => {
  it('runs the reloader without rights that it does not need', async () => {
    const { spec } = await deploymentOf(name);
    const pod = spec?.template.spec;
    expect(pod?.serviceAccountName).toBe('depwatch-reloader');
    expect(pod?.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod?.containers).toHaveLength(1);
    expect(pod?.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('gives it arguments that it knows', async () => {
    const { spec } = await deploymentOf(name);
    const args = spec?.template.spec?.containers[0]?.args ?? [];
    expect(() =>
      parseCliOptions(args.map((arg) => arg.replace('$(NAMESPACE)', 'shop'))),
    ).not.toThrow();
  });

  it('grants the same as the other one', async () => {
    const rulesOf = async (manifest: string): Promise<unknown> =>
      (await readManifest(manifest))
        .filter(({ kind }) => kind.endsWith('Role'))
        .map((role) => (role as unknown as { rules: unknown }).rules);
    expect(await rulesOf(name)).toStrictEqual(await rulesOf('cluster-wide'));
  });

  it('names the version of the package', async () => {
    const { version } = JSON.parse(
      await readFile(new URL('../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    const { spec } = await deploymentOf(name);
    expect(spec?.template.spec?.containers[0]?.image).toBe(
      `registry.example/depwatch-reloader:${version}`,
    );
  });
});
