import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger, type Clock } from '@depwatch/core';
import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { Credentials } from '../src/credentials/credentials.ts';
import type { KubeConfigLike } from '../src/index.ts';
import { clientCertificates } from './client-certificates.ts';
import { failureOf } from './helpers.ts';

/** A clock that stands still until it is told otherwise. */
function stoppedClock(): Clock & { pass(ms: number): void } {
  let now = 0;
  return {
    now: () => now,
    pass: (ms) => void (now += ms),
    setTimeout: () => ({ [Symbol.dispose]() {} }),
    random: () => 0,
  };
}

function credentialsOf(kubeConfig: KubeConfigLike, clock = stoppedClock()): Credentials {
  return new Credentials({ kubeConfig, clock, logger: silentLogger });
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'depwatch-credentials-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

interface Parts {
  readonly cluster?: object;
  readonly user?: object | null;
}

/** Loaded as from a file, by default for a user without credentials. */
function kubeConfigWith({ cluster = {}, user = {} }: Parts): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', ...cluster } }],
      users: user === null ? [] : [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', ...(user && { user: 'u' }) } }],
      'current-context': 'x',
    }),
  );
  return kubeConfig;
}

function tokenFileConfig(tokenFile: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [{ name: 'c', server: 'https://127.0.0.1:6443' }],
    users: [{ name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile } } }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  return kubeConfig;
}

/** A user whose credentials come from this program, run by Node. */
function pluginUser(program: string): object {
  return {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', program],
    },
  };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('Credentials', () => {
  it.each([
    ['a token', { user: { token: 't' } }, { authorization: 'Bearer t' }],
    [
      'a name and a password',
      { user: { username: 'n', password: 'p' } },
      { authorization: `Basic ${base64('n:p')}` },
    ],
    ['a name alone', { user: { username: 'n' } }, { authorization: `Basic ${base64('n:')}` }],
    [
      'another name',
      { user: { token: 't', as: 'else' } },
      { authorization: 'Bearer t', 'impersonate-user': 'else' },
    ],
    ['nothing', {}, {}],
    ['no user', { user: null }, {}],
  ])('go into headers: %s', async (_, parts: Parts, headers) => {
    expect((await credentialsOf(kubeConfigWith(parts)).get()).headers).toEqual(headers);
  });

  it('hold the TLS material, from data and from files', async () => {
    const path = folder();
    for (const file of ['ca', 'cert', 'key']) writeFileSync(join(path, file), `${file} of a file`);
    const flags = { 'tls-server-name': 'other', 'insecure-skip-tls-verify': true };
    const fromData = credentialsOf(
      kubeConfigWith({
        cluster: { ...flags, 'certificate-authority-data': base64('ca of data') },
        user: {
          'client-certificate-data': base64('cert of data'),
          'client-key-data': base64('key of data'),
        },
      }),
    );
    const fromFiles = credentialsOf(
      kubeConfigWith({
        cluster: { ...flags, 'certificate-authority': join(path, 'ca') },
        user: { 'client-certificate': join(path, 'cert'), 'client-key': join(path, 'key') },
      }),
    );
    for (const [credentials, source] of [
      [fromData, 'data'],
      [fromFiles, 'a file'],
    ] as const) {
      const { tls } = await credentials.get();
      const { ca, cert, key, ...rest } = tls;
      expect([ca, cert, key]).toEqual(
        ['ca', 'cert', 'key'].map((what) => Buffer.from(`${what} of ${source}`)),
      );
      expect(rest).toEqual({ servername: 'other', rejectUnauthorized: false });
    }
  });

  it("keep the cluster's CA where there is no user", async () => {
    const kubeConfig = kubeConfigWith({
      cluster: { 'certificate-authority-data': base64('ca') },
      user: null,
    });
    expect(String((await credentialsOf(kubeConfig).get()).tls.ca)).toBe('ca');
  });

  it('say which connections may be shared', async () => {
    const keyOf = async (parts: Parts) =>
      (await credentialsOf(kubeConfigWith(parts)).get()).connectionKey;
    const key = await keyOf({ user: { token: 'a' } });
    expect(await keyOf({ user: { token: 'b' } })).toBe(key);
    expect(await keyOf({ cluster: { 'certificate-authority-data': base64('ca') } })).not.toBe(key);
    expect(await keyOf({ cluster: { server: 'https://127.0.0.1:6444' } })).not.toBe(key);
    expect(await keyOf({ cluster: { 'proxy-url': 'http://127.0.0.1:1' } })).not.toBe(key);
  });

  it.each(['http://127.0.0.1:8001', 'https://127.0.0.1:6443'])(
    'work for %s and through a proxy',
    async (server) => {
      const kubeConfig = kubeConfigWith({
        cluster: { server, 'proxy-url': 'socks5://127.0.0.1:1' },
        user: { token: 't' },
      });
      expect((await credentialsOf(kubeConfig).get()).headers).toEqual({
        authorization: 'Bearer t',
      });
    },
  );

  it('are resolved once for all that ask, and again by renew() alone', async () => {
    const path = folder();
    const count = join(path, 'count');
    writeFileSync(count, '');
    const program = `
      const fs = require('node:fs');
      fs.appendFileSync(${JSON.stringify(count)}, '.');
      const token = 'token-' + fs.readFileSync(${JSON.stringify(count)}).length;
      console.log(JSON.stringify({ status: { token } }));`;
    const clock = stoppedClock();
    const credentials = credentialsOf(kubeConfigWith({ user: pluginUser(program) }), clock);
    expect(credentials.peek()).toBeUndefined();
    const all = await Promise.all(Array.from({ length: 20 }, () => credentials.get()));
    expect(new Set(all).size).toBe(1);
    const [first] = all;
    expect(first!.headers).toEqual({ authorization: 'Bearer token-1' });
    clock.pass(3_600_000);
    expect(await credentials.get()).toBe(first);
    expect(credentials.peek()).toBe(first);

    const renewed = await Promise.all(Array.from({ length: 20 }, () => credentials.renew(first!)));
    expect(new Set(renewed).size).toBe(1);
    expect(renewed[0]!.headers).toEqual({ authorization: 'Bearer token-2' });
    expect(await credentials.renew(first!)).toBe(renewed[0]);
    // Refused at once: not again before a second has passed.
    expect(await credentials.renew(renewed[0]!)).toBeUndefined();
    clock.pass(1_000);
    expect((await credentials.renew(renewed[0]!))!.headers).toEqual({
      authorization: 'Bearer token-3',
    });
  });

  it('follow a token file that changes, without a refusal', async () => {
    const file = join(folder(), 'token');
    writeFileSync(file, 'one\n');
    const clock = stoppedClock();
    const credentials = credentialsOf(tokenFileConfig(file), clock);
    expect((await credentials.get()).headers).toEqual({ authorization: 'Bearer one' });
    writeFileSync(file, 'three\n');
    expect((await credentials.get()).headers).toEqual({ authorization: 'Bearer one' });
    clock.pass(1_000);
    expect((await credentials.get()).headers).toEqual({ authorization: 'Bearer three' });
  });

  it('read a token file again when they are refused, however soon', async () => {
    const file = join(folder(), 'token');
    const credentials = credentialsOf(tokenFileConfig(file));
    for (const token of ['a', 'bb', 'ccc', 'dddd']) {
      writeFileSync(file, token);
      const before = token === 'a' ? undefined : await credentials.get();
      const next = before ? await credentials.renew(before) : await credentials.get();
      expect(next!.headers).toEqual({ authorization: `Bearer ${token}` });
    }
  });

  it('go on as before while a file is being replaced', async () => {
    const path = folder();
    const token = join(path, 'token');
    writeFileSync(token, 'one');
    const clock = stoppedClock();
    const credentials = credentialsOf(tokenFileConfig(token), clock);
    const before = await credentials.get();
    rmSync(token);
    clock.pass(1_000);
    expect(await credentials.get()).toBe(before);
    expect(await failureOf(credentials.renew(before))).toMatchObject({
      code: 'ERR_TRANSPORT',
      retryable: true,
    });
    writeFileSync(token, 'two');
    clock.pass(1_000);
    expect((await credentials.get()).headers).toEqual({ authorization: 'Bearer two' });
  });

  it.each([
    [
      'is not there',
      { exec: { command: '/nowhere/plugin', args: ['secret'] } },
      /"\/nowhere\/plugin".*ENOENT/,
    ],
    ['fails', pluginUser('console.error("secret"); process.exit(1)'), /plugin/],
    ['says what is no JSON', pluginUser('console.log("secret")'), /plugin/],
    ['says nothing of use', pluginUser('console.log("{}")'), /plugin/],
  ])('name a plugin that %s, and nothing that it said', async (_, user, message) => {
    const clock = stoppedClock();
    const credentials = credentialsOf(kubeConfigWith({ user }), clock);
    const error = await failureOf(credentials.get());
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(error.message).toMatch(message);
    expect(JSON.stringify([error.message, error, String(error.cause)])).not.toContain('secret');
    // It is not remembered for long.
    clock.pass(1_000);
    expect(await failureOf(credentials.get())).not.toBe(error);
  });

  it('name a file that is not there', async () => {
    const credentials = credentialsOf(
      kubeConfigWith({ cluster: { 'certificate-authority': '/nowhere/ca.crt' } }),
    );
    expect((await failureOf(credentials.get())).message).toContain('/nowhere/ca.crt');
  });

  // As client-go does; kubectl says so when it is told of both.
  it('are the data where there is a file beside it, too', async () => {
    const files = { 'client-certificate': '/nowhere/crt', 'client-key': '/nowhere/key' };
    const { tls } = await credentialsOf(
      kubeConfigWith({
        cluster: {
          'certificate-authority': '/nowhere/ca.crt',
          'certificate-authority-data': base64('ca'),
        },
        user: {
          ...files,
          'client-certificate-data': base64('cert'),
          'client-key-data': base64('key'),
        },
      }),
    ).get();
    expect(tls).toEqual({
      ca: Buffer.from('ca'),
      cert: Buffer.from('cert'),
      key: Buffer.from('key'),
    });
  });

  it.each([
    ['that nobody has', { 'auth-provider': { name: 'openstack', config: {} } }],
    ['without a token', { 'auth-provider': { name: 'oidc', config: { 'client-id': 'c' } } }],
    [
      'that gives undefined',
      { 'auth-provider': { name: 'azure', config: { 'access-token': ' ' } } },
    ],
  ])('are none of nobody: an auth provider %s', async (_, user) => {
    const error = await failureOf(credentialsOf(kubeConfigWith({ user })).get());
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', reason: 'credentials', retryable: true });
    expect(error.message).toMatch(/the auth provider "\w+" of user "u" gave none$/);
  });

  it('are none of nobody while a token file is empty', async () => {
    const token = join(folder(), 'token');
    for (const text of ['', ' \n']) {
      writeFileSync(token, text);
      const error = await failureOf(credentialsOf(tokenFileConfig(token)).get());
      expect(error).toMatchObject({ reason: 'credentials', retryable: true });
      expect(error.message).toMatch(/"tokenFile" of user "u" gave none$/);
    }
  });

  it('refuse what can stand in no header', async () => {
    const error = await failureOf(
      credentialsOf(kubeConfigWith({ user: { token: 'sec\nret' } })).get(),
    );
    expect(error.message).toContain('Authorization');
    expect(error.message).not.toContain('ret\n');
  });

  it('refuse a server name that is no text, of which no socket could be made', async () => {
    const kubeConfig = kubeConfigWith({ cluster: { 'tls-server-name': 5 } });
    const error = await failureOf(credentialsOf(kubeConfig).get());
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', reason: 'credentials' });
    expect(error.message).toContain('tls-server-name');
  });

  it('take authenticators that were added, and methods that were replaced', async () => {
    const custom = kubeConfigWith({ user: { 'auth-provider': { name: 'mine' } } });
    custom.addAuthenticator({
      isAuthProvider: (user) => user.authProvider?.name === 'mine',
      applyAuthentication: async (_, options) => {
        options.headers = { ...(options.headers as object), Authorization: 'Bearer custom' };
      },
    });
    expect((await credentialsOf(custom).get()).headers).toEqual({ authorization: 'Bearer custom' });
    const replaced = kubeConfigWith({});
    replaced.applyToHTTPSOptions = async (options) => void (options.headers = { 'X-Own': 'yes' });
    expect((await credentialsOf(replaced).get()).headers).toEqual({ 'x-own': 'yes' });
  });

  describe('that expire', () => {
    const hour = 3_600_000;

    /** Of a plugin that does `then` when it is run again, after a first token that is good for an hour. */
    function expiring(then: string, lifeMs = hour) {
      const runs = join(folder(), 'runs');
      writeFileSync(runs, '');
      const program = `
        const fs = require('node:fs');
        fs.appendFileSync(${JSON.stringify(runs)}, '.');
        const run = fs.readFileSync(${JSON.stringify(runs)}).length;
        const give = () => {
          const expirationTimestamp = new Date(Date.now() + ${lifeMs}).toISOString();
          console.log(JSON.stringify({ status: { token: 'token-' + run, expirationTimestamp } }));
        };
        if (run === 1) give(); else { ${then} }`;
      const clock = stoppedClock();
      const warn = vi.fn();
      const kubeConfig = kubeConfigWith({ user: pluginUser(program) });
      const credentials = new Credentials({ kubeConfig, clock, logger: { ...silentLogger, warn } });
      const hasRun = (count: number) =>
        vi.waitFor(() => expect(readFileSync(runs, 'utf8')).toHaveLength(count), 5_000);
      return { clock, credentials, hasRun, warn };
    }

    it('are renewed shortly before, and meanwhile used', async () => {
      const { clock, credentials, hasRun } = expiring('give()');
      const first = await credentials.get();
      clock.pass(hour - 100_000);
      expect(credentials.peek()).toBe(first);
      clock.pass(50_000);
      expect(credentials.peek()).toBe(first);
      await hasRun(2);
      await vi.waitFor(() => expect(credentials.peek()).not.toBe(first), 5_000);
      expect(credentials.peek()?.headers).toEqual({ authorization: 'Bearer token-2' });
    });

    it('are used until then, while the plugin hangs', async () => {
      const { clock, credentials, hasRun, warn } = expiring('setInterval(() => {}, 1_000)');
      const first = await credentials.get();
      clock.pass(hour - 50_000);
      expect(await credentials.get()).toBe(first);
      await hasRun(2);
      for (let passed = 0; passed < 40_000; passed += 10_000) {
        expect(credentials.peek()).toBe(first);
        clock.pass(10_000);
      }
      clock.pass(10_000);
      expect(credentials.peek()).toBeUndefined();
      const waiting = failureOf(credentials.renew(first));
      credentials.close();
      await waiting;
      expect(warn).not.toHaveBeenCalled();
    });

    it('are used until then, while the plugin fails, which is run again now and then', async () => {
      const { clock, credentials, hasRun, warn } = expiring('process.exit(1)');
      const first = await credentials.get();
      clock.pass(hour - 50_000);
      for (let runs = 2; runs < 6; runs++) {
        expect(credentials.peek()).toBe(first);
        await hasRun(runs);
        await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(runs - 1), 5_000);
        clock.pass(9_000);
        expect(credentials.peek()).toBe(first);
        clock.pass(1_000);
      }
    });

    it('are not used when the server has refused them, though they are being renewed', async () => {
      const { clock, credentials } = expiring('setTimeout(give, 100)');
      const first = await credentials.get();
      clock.pass(hour - 50_000);
      expect(credentials.peek()).toBe(first);
      const renewed = credentials.renew(first);
      expect(credentials.peek()).toBeUndefined();
      expect((await renewed)?.headers).toEqual({ authorization: 'Bearer token-2' });
    });

    // The clock of this machine may be fast, or the plugin give what it has kept for too long: the server decides.
    it('are used for a while where they have expired from the start', async () => {
      const { clock, credentials, hasRun } = expiring('give()', -hour);
      const first = await credentials.get();
      clock.pass(5_000);
      expect(credentials.peek()).toBe(first);
      expect((await credentials.renew(first))?.headers).toEqual({
        authorization: 'Bearer token-2',
      });
      await hasRun(2);
    });
  });

  it('keep a certificate and its key until both are replaced', async () => {
    const path = folder();
    const { a, b } = clientCertificates;
    const [crt, key] = [join(path, 'tls.crt'), join(path, 'tls.key')];
    writeFileSync(crt, a.certificate);
    writeFileSync(key, a.key);
    const user = { 'client-certificate': crt, 'client-key': key };
    const clock = stoppedClock();
    const credentials = credentialsOf(kubeConfigWith({ user }), clock);
    const before = await credentials.get();
    writeFileSync(crt, `${b.certificate}\n`);
    for (let n = 0; n < 3; n++) {
      clock.pass(1_000);
      expect(await credentials.get()).toBe(before);
    }
    writeFileSync(key, `${b.key}\n`);
    clock.pass(1_000);
    expect((await credentials.get()).tls).toMatchObject({ key: Buffer.from(`${b.key}\n`) });
  });

  it('start a plugin anew that hangs', async () => {
    const clock = stoppedClock();
    const apply = vi.fn(() => new Promise<void>(() => {}));
    const credentials = credentialsOf(
      {
        getCurrentCluster: () => ({ name: 'c', server: 'https://127.0.0.1:6443' }),
        getCurrentUser: () => null,
        applyToHTTPSOptions: apply,
      },
      clock,
    );
    void credentials.get();
    void credentials.get();
    expect(apply).toHaveBeenCalledTimes(1);
    clock.pass(180_000);
    void credentials.get();
    expect(apply).toHaveBeenCalledTimes(2);
  });

  it('leave the kubeconfig as it was', async () => {
    const kubeConfig = kubeConfigWith({
      cluster: { 'proxy-url': 'http://127.0.0.1:1' },
      user: { token: 't' },
    });
    const before = kubeConfig.exportConfig();
    await credentialsOf(kubeConfig).get();
    expect(kubeConfig.exportConfig()).toBe(before);
  });
});
