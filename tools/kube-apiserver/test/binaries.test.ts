import { chmod, mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { findKubeApiServer } from '../binaries.ts';

let folder: string;
let assets: string;
let cache: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depwatch-binaries-test-'));
  assets = join(folder, 'assets');
  cache = join(folder, 'cache');
  await mkdir(assets);
  await mkdir(join(folder, 'path'));
  vi.stubEnv('KUBEBUILDER_ASSETS', undefined);
  vi.stubEnv('XDG_CACHE_HOME', cache);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function writeProgram(file: string, text = '#!/bin/sh\n'): Promise<void> {
  await writeFile(file, text);
  await chmod(file, 0o755);
}

/** Puts a program called `go` first on the PATH. */
async function fakeGo(script: string): Promise<void> {
  await writeProgram(join(folder, 'path', 'go'), `#!/bin/sh\n${script}\n`);
  vi.stubEnv('PATH', `${join(folder, 'path')}:${process.env['PATH']}`);
}

const goThatBuilds = 'while [ "$1" != -o ]; do shift; done; echo program > "$2"; chmod 755 "$2"';

async function builtFolders(): Promise<string[]> {
  return await readdir(join(cache, 'depwatch', 'kube-apiserver'));
}

describe('KUBEBUILDER_ASSETS', () => {
  test('is where the programs come from, even if there are some in the cache', async () => {
    await fakeGo(goThatBuilds);
    await findKubeApiServer({ build: true });
    await writeProgram(join(assets, 'kube-apiserver'));
    await writeProgram(join(assets, 'etcd'));
    vi.stubEnv('KUBEBUILDER_ASSETS', assets);

    expect(await findKubeApiServer()).toEqual({
      kubeApiServer: join(assets, 'kube-apiserver'),
      etcd: join(assets, 'etcd'),
    });
  });

  test.each([
    ['lacks a program', async () => {}],
    ['has one that may not be executed', () => writeFile(join(assets, 'etcd'), '')],
  ])('is an error if the folder %s', async (_, prepare) => {
    await writeProgram(join(assets, 'kube-apiserver'));
    await prepare();
    vi.stubEnv('KUBEBUILDER_ASSETS', assets);

    await expect(findKubeApiServer({ build: true })).rejects.toThrow(
      `KUBEBUILDER_ASSETS is set to ${assets}`,
    );
  });
});

describe('without KUBEBUILDER_ASSETS', () => {
  test('nothing is found, nor built unasked, and one line says so', async () => {
    await fakeGo(goThatBuilds);
    const lines: string[] = [];

    expect(await findKubeApiServer({ log: (line) => lines.push(line) })).toBeUndefined();
    expect(lines).toEqual([expect.stringMatching(/^no kube-apiserver: .*--build/)]);
  });

  test('nothing is built without Go', async () => {
    vi.stubEnv('PATH', join(folder, 'path'));
    const lines: string[] = [];

    expect(
      await findKubeApiServer({ build: true, log: (line) => lines.push(line) }),
    ).toBeUndefined();
    expect(lines).toEqual([expect.stringContaining('there is no "go" on the PATH')]);
    expect(await builtFolders()).toEqual([]);
  });

  test('a build goes into the cache, where it is found afterwards', async () => {
    await fakeGo(goThatBuilds);
    const built = await findKubeApiServer({ build: true });

    expect(built?.kubeApiServer.startsWith(cache)).toBe(true);
    expect(await readlink(built!.etcd)).toBe('kube-apiserver');
    expect(await findKubeApiServer()).toEqual(built);
  });

  test('builds at the same time leave one result', async () => {
    await fakeGo(`sleep 0.2; ${goThatBuilds}`);
    const [one, other] = await Promise.all([
      findKubeApiServer({ build: true }),
      findKubeApiServer({ build: true }),
    ]);

    expect(one).toEqual(other);
    expect(await builtFolders()).toHaveLength(1);
    expect(dirname(one!.etcd)).toBe(
      join(cache, 'depwatch', 'kube-apiserver', (await builtFolders())[0]!),
    );
  });

  test('a build that fails says what Go said and leaves nothing', async () => {
    await fakeGo('echo "main.go:1: broken" >&2; exit 7');

    await expect(findKubeApiServer({ build: true })).rejects.toThrow(
      'go build ended with 7:\nmain.go:1: broken',
    );
    expect(await builtFolders()).toEqual([]);
  });
});
