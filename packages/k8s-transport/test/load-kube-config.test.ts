import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { inspect, promisify } from 'node:util';

import { silentLogger } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import type { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, it, onTestFinished } from 'vitest';

import { Credentials } from '../src/credentials/credentials.ts';
import { loadKubeConfigIn, type Surroundings } from '../src/credentials/load-kube-config.ts';
import { failureOf } from './helpers.ts';
import { podOf } from './pod.ts';

const podFiles = { token: 'token', 'ca.crt': 'a CA' };

interface Parts {
  readonly contexts?: Readonly<Record<string, readonly [cluster: string, user: string]>>;
  readonly clusters?: Readonly<Record<string, object>>;
  readonly users?: Readonly<Record<string, object>>;
  readonly current?: string;
}

const named = (key: string, all: Readonly<Record<string, object>> = {}) =>
  Object.entries(all).map(([name, value]) => ({ name, [key]: value }));

function textOf({ contexts = {}, clusters, users, current }: Parts): string {
  return JSON.stringify({
    clusters: named('cluster', clusters),
    users: named('user', users),
    contexts: Object.entries(contexts).map(([name, [cluster, user]]) => ({
      name,
      context: { cluster, user },
    })),
    ...(current && { 'current-context': current }),
  });
}

/** The text of a file whose contexts `main` and `other` lead to servers that bear its name. */
const fileOf = (name: string) =>
  textOf({
    clusters: { a: { server: `https://${name}` }, b: { server: `https://${name}-other` } },
    users: { u: { token: `token of ${name}` } },
    contexts: { main: ['a', 'u'], other: ['b', 'u'] },
    current: 'main',
  });

/** A machine that is no pod, has no KUBECONFIG, and an empty home. */
function machine(files: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'depwatch-machine-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
  }
  const surroundings: Surroundings = {
    home: folder,
    environment: {},
    serviceAccount: path('none'),
  };
  return { path, surroundings };
}

const inHome = '.kube/config';
const inPod = (surroundings: Surroundings): Surroundings => ({
  ...surroundings,
  ...podOf('https://10.96.0.1:6443', podFiles),
});
const withKubeConfig = (surroundings: Surroundings, ...paths: string[]): Surroundings => ({
  ...surroundings,
  environment: { ...surroundings.environment, KUBECONFIG: paths.join(delimiter) },
});

async function serverIn(...args: Parameters<typeof loadKubeConfigIn>) {
  return (await loadKubeConfigIn(...args)).getCurrentCluster()?.server;
}

const refusal = (message: RegExp) => ({
  code: 'ERR_INVALID_INPUT',
  message: expect.stringMatching(message) as string,
});

describe('loadKubeConfig', () => {
  it("takes the file given, else KUBECONFIG's, else the pod's service account, else the home's", async () => {
    const { path, surroundings } = machine({
      given: fileOf('given'),
      listed: fileOf('listed'),
      [inHome]: fileOf('home'),
    });
    const pod = inPod(surroundings);
    const all = withKubeConfig(pod, path('listed'));
    expect(await serverIn(all, { file: path('given') })).toBe('https://given');
    expect(await serverIn(all, {})).toBe('https://listed');
    expect(await serverIn(pod, {})).toBe('https://10.96.0.1:6443');
    expect(await serverIn(surroundings, {})).toBe('https://home');
  });

  it('takes the context given, which only files have', async () => {
    const { path, surroundings } = machine({ given: fileOf('given'), [inHome]: fileOf('home') });
    const context = 'other';
    expect(await serverIn(surroundings, { file: path('given'), context })).toBe(
      'https://given-other',
    );
    expect(await serverIn(inPod(surroundings), { context })).toBe('https://home-other');
    expect(
      await failureOf(loadKubeConfigIn(surroundings, { file: path('given'), context: 'none' })),
    ).toMatchObject(refusal(/^context: .*given has no context "none" with a cluster$/));
  });

  // As `kubectl config view` and client-go's loading rules do.
  it('merges the files of KUBECONFIG: the first to name something wins, what is missing or empty is passed over', async () => {
    const { path, surroundings } = machine({
      empty: '\n',
      clusters: textOf({ clusters: { a: { server: 'https://first' } } }),
      'sub/users': textOf({
        clusters: { a: { server: 'https://second' }, b: { server: 'https://b' } },
        users: { u: { 'client-certificate': 'crt', 'client-key': '/abs/key' } },
        contexts: { main: ['a', 'u'], side: ['b', 'u'] },
        current: 'main',
      }),
      last: textOf({ contexts: { main: ['b', 'u'] }, users: { u: {} }, current: 'side' }),
    });
    const paths = ['missing', 'empty', 'clusters', 'sub/users', 'last'].map(path);
    const all = withKubeConfig(surroundings, '', ...paths);
    const merged = await loadKubeConfigIn(all, {});
    expect(merged.getCurrentCluster()?.server).toBe('https://first');
    expect(merged.getCurrentUser()).toMatchObject({
      certFile: path('sub/crt'),
      keyFile: '/abs/key',
    });
    expect(await serverIn(all, { context: 'side' })).toBe('https://b');
    // A KubeConfig of client-node's, which can do more.
    expect((merged as KubeConfig).getContexts().map(({ name }) => name)).toEqual(['main', 'side']);
  });

  // What clientcmd.Load of client-go takes for an empty config; a list, a number or a text is none.
  it('passes over files that say nothing', async () => {
    const nothing = ['', '\n', '# only\n# this\n', '---\n# this\n', '\ufeff# a', 'null', '~', '{}'];
    const files = nothing.map((text, index) => [`${index}`, text] as const);
    const { path, surroundings } = machine({ ...Object.fromEntries(files), last: fileOf('last') });
    for (const [name, text] of files) {
      const all = withKubeConfig(surroundings, path(name), path('last'));
      expect(await serverIn(all, {}), JSON.stringify(text)).toBe('https://last');
      const alone = loadKubeConfigIn(surroundings, { file: path(name) });
      expect(await failureOf(alone)).toMatchObject(
        refusal(/names no cluster with a server that is in it$/),
      );
    }
  });

  it('names the option that is none', async () => {
    const { surroundings } = machine();
    const options = [null, 'file', { file: 5 }, { file: null }, { file: '' }, { context: 5 }];
    const fields = ['options', 'options', 'file', 'file', 'file', 'context'];
    for (const [index, given] of options.entries()) {
      const failure = await failureOf(loadKubeConfigIn(surroundings, given as never));
      expect(failure).toMatchObject(refusal(new RegExp(`^${fields[index]}: `)));
    }
  });

  it("reads a user's token file as it rotates, before a token beside it", async () => {
    const { path, surroundings } = machine({
      given: textOf({
        clusters: { a: { server: 'https://given' } },
        users: { u: { tokenFile: 'token', token: 'old' } },
        contexts: { main: ['a', 'u'] },
        current: 'main',
      }),
      token: 'one',
    });
    const kubeConfig = await loadKubeConfigIn(surroundings, { file: path('given') });
    const clock = createVirtualClock();
    const credentials = new Credentials({ kubeConfig, clock, logger: silentLogger });
    expect((await credentials.get()).headers).toEqual({ authorization: 'Bearer one' });
    writeFileSync(path('token'), 'second');
    await clock.advance(1_000);
    expect((await credentials.get()).headers).toEqual({ authorization: 'Bearer second' });
  });

  it('finds a plugin beside its file, where it has a path, and else on the PATH', async () => {
    const { path, surroundings } = machine({
      'sub/given': textOf({
        clusters: { a: { server: 'https://given' } },
        users: { u: { exec: { command: '../bin/plugin' } }, v: { exec: { command: 'plugin' } } },
        contexts: { main: ['a', 'u'], other: ['a', 'v'] },
        current: 'main',
      }),
    });
    const commandIn = async (context: string) =>
      (await loadKubeConfigIn(surroundings, { file: path('sub/given'), context })).getCurrentUser()
        ?.exec?.command;
    expect(await commandIn('main')).toBe(path('bin/plugin'));
    expect(await commandIn('other')).toBe('plugin');
  });

  // What kubectl leaves where half of an entry was deleted, or was never written.
  it('minds no broken entry that the context asked for does without', async () => {
    const text = JSON.stringify({
      clusters: [
        { name: 'gone', cluster: {} },
        { name: 'null', cluster: null },
        null,
        { name: 'a', cluster: { server: 'https://a' } },
      ],
      users: [null, {}, { name: 'null', user: null }, { name: 'u', user: { token: 't' } }],
      contexts: [
        { name: 'half', context: { namespace: 'n' } },
        { name: 'null', context: null },
        { name: 'main', context: { cluster: 'a', user: 'u' } },
        { name: 'userless', context: { cluster: 'a' } },
        { name: 'nameless', context: { cluster: 'a', user: '' } },
        { name: 'without server', context: { cluster: 'gone', user: 'u' } },
      ],
      'current-context': 'main',
    });
    const { path, surroundings } = machine({ given: text });
    const given = (context?: string) =>
      loadKubeConfigIn(surroundings, { file: path('given'), ...(context && { context }) });
    expect((await given()).getCurrentUser()).toMatchObject({ token: 't' });
    expect((await given('userless')).getCurrentUser()).toBeNull();
    expect((await given('nameless')).getCurrentUser()).toBeNull();
    for (const [context, message] of [
      ['half', /given has no context "half" with a cluster$/],
      ['without server', /given names no cluster with a server that is in it$/],
    ] as const)
      expect(await failureOf(given(context))).toMatchObject(refusal(message));
  });

  it('names the user that is not there, as whom nobody would be asked for', async () => {
    const { path, surroundings } = machine({
      given: textOf({
        clusters: { a: { server: 'https://given' } },
        contexts: { main: ['a', 'none'] },
        current: 'main',
      }),
    });
    expect(await failureOf(loadKubeConfigIn(surroundings, { file: path('given') }))).toMatchObject(
      refusal(/given names a user that is not in it$/),
    );
  });

  it('reads whom to ask as, groups and all', async () => {
    const as = {
      as: 'else',
      'as-uid': 'id',
      'as-groups': ['a', 'b'],
      'as-user-extra': { x: ['y'] },
    };
    const { path, surroundings } = machine({
      given: textOf({
        clusters: { a: { server: 'https://given' } },
        users: { u: as, v: { ...as, as: '' } },
        contexts: { main: ['a', 'u'], other: ['a', 'v'] },
        current: 'main',
      }),
    });
    const given = (context: string) =>
      loadKubeConfigIn(surroundings, { file: path('given'), context });
    expect((await given('main')).getCurrentUser()).toMatchObject({
      impersonateUser: 'else',
      impersonateUid: 'id',
      impersonateGroups: ['a', 'b'],
      impersonateExtra: { x: ['y'] },
    });
    expect(await failureOf(given('other'))).toMatchObject(refusal(/as-groups.* without as$/));
  });

  it('says what it looked for where nothing says which cluster is meant', async () => {
    const { path, surroundings } = machine();
    const error = await failureOf(loadKubeConfigIn(surroundings, {}));
    expect(error).toMatchObject(refusal(/KUBECONFIG.*KUBERNETES_SERVICE_HOST/));
    expect(error.message).toContain(path(inHome));
    const pod = inPod(surroundings);
    rmSync(join(pod.serviceAccount, 'token'));
    expect((await failureOf(loadKubeConfigIn(pod, {}))).message).toContain(
      `${join(pod.serviceAccount, 'token')} can't be read: ENOENT`,
    );
  });

  it('names the file that is no kubeconfig, and quotes nothing of it', async () => {
    const { path, surroundings } = machine({
      yaml: 'users:\n- name: u\n  user: { token: secret\n',
      alias: 'users:\n- name: u\n  user:\n    token: *secret\n',
      tag: 'users:\n- name: u\n  user:\n    token: !secret x\n',
      list: '- secret\n',
      incomplete: JSON.stringify({ clusters: [{ name: 'secret', cluster: {} }] }),
      contextless: textOf({ clusters: { secret: { server: 'https://secret' } } }),
      dangling: textOf({ contexts: { main: ['none', 'secret'] }, current: 'main' }),
      empty: '',
    });
    for (const [name, message] of Object.entries({
      yaml: /yaml is no kubeconfig: .* in line \d/,
      alias: /alias is no kubeconfig: .* in line \d/,
      tag: /tag is no kubeconfig: .* in line \d/,
      list: /list/,
      incomplete: /incomplete names no cluster/,
      contextless: /contextless names no cluster/,
      dangling: /dangling names no cluster/,
      empty: /empty names no cluster/,
      missing: /missing can't be read: ENOENT$/,
      '.': /can't be read: EISDIR$/,
    })) {
      const error = await failureOf(loadKubeConfigIn(surroundings, { file: path(name) }));
      expect(error).toMatchObject(refusal(message));
      expect(inspect(error, { depth: Infinity })).not.toContain('secret');
    }
    const lost = withKubeConfig(surroundings, path('gone'), path('too'));
    expect(await failureOf(loadKubeConfigIn(lost, {}))).toMatchObject(
      refusal(/^kubeConfig: of KUBECONFIG=.*gone.*too there is no file$/),
    );
  });

  it('says what to install where a file has to be read, and needs nothing in a pod', async () => {
    const { path, surroundings } = machine({ given: fileOf('given') });
    const { serviceAccount, environment } = inPod(surroundings);
    // As where client-node isn't installed.
    const program = `
      import { registerHooks } from 'node:module';
      registerHooks({
        resolve: (specifier, context, next) =>
          next(specifier === '@kubernetes/client-node' ? '@kubernetes/missing' : specifier, context),
      });
      const { loadKubeConfigIn } = await import('./src/credentials/load-kube-config.ts');
      const surroundings = ${JSON.stringify({ ...surroundings, serviceAccount, environment })};
      console.log((await loadKubeConfigIn(surroundings, {})).getCurrentCluster().server);
      await loadKubeConfigIn(surroundings, { file: ${JSON.stringify(path('given'))} })
        .catch(({ code, message }) => console.log(code, message));`;
    const args = ['--conditions=@depwatch/source', '--input-type=module', '--eval', program];
    const cwd = join(import.meta.dirname, '..');
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
    expect(stdout.trim().split('\n')).toEqual([
      'https://10.96.0.1:6443',
      expect.stringMatching(/^ERR_INVALID_INPUT .*given.* npm install @kubernetes\/client-node$/),
    ]);
  });
});
