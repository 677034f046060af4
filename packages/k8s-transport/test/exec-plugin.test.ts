import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { Credentials } from '../src/credentials/credentials.ts';
import { clientCertificates } from './client-certificates.ts';
import { configMaps, failureOf, kubeConfigFrom, transportFor } from './helpers.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'depwatch-plugin-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const apiVersion = 'client.authentication.k8s.io/v1';

/** A kubeconfig whose user's credentials come from this program, run by Node. */
function configOf(program: string, exec: object = {}, user: object = {}, cluster: object = {}) {
  const plugin = { apiVersion, command: process.execPath, args: ['-e', program] };
  return kubeConfigFrom(
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', ...cluster } }],
      users: [
        { name: 'u', user: { exec: { ...plugin, interactiveMode: 'Never', ...exec }, ...user } },
      ],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
}

/** A program that says so much in the status of its answer. */
const giving = (status: string) => `console.log(JSON.stringify({ status: ${status} }))`;

function credentialsOf(...parts: Parameters<typeof configOf>): Credentials {
  return new Credentials({
    kubeConfig: configOf(...parts),
    clock: createVirtualClock(),
    logger: silentLogger,
  });
}

const headersOf = async (...parts: Parameters<typeof configOf>) =>
  (await credentialsOf(...parts).get()).headers;

describe('a credential plugin', () => {
  it('is told in what form to answer, that nobody is there to be asked, and of the cluster where it wants that', async () => {
    const told = giving('{ token: process.env.KUBERNETES_EXEC_INFO }');
    const infoOf = async (exec: object, cluster: object) => {
      const { authorization } = await headersOf(told, exec, {}, cluster);
      return JSON.parse(authorization!.replace('Bearer ', '')) as object;
    };
    const kind = 'ExecCredential';
    expect(await infoOf({}, {})).toEqual({ apiVersion, kind, spec: { interactive: false } });
    const beta = 'client.authentication.k8s.io/v1beta1';
    const authority = join(folder(), 'ca.crt');
    writeFileSync(authority, 'a CA');
    const cluster = {
      'certificate-authority': authority,
      'tls-server-name': 'other',
      'insecure-skip-tls-verify': true,
      'proxy-url': 'http://proxy:1',
    };
    expect(await infoOf({ apiVersion: beta, provideClusterInfo: true }, cluster)).toEqual({
      apiVersion: beta,
      kind,
      spec: {
        interactive: false,
        cluster: {
          server: 'https://127.0.0.1:6443',
          'tls-server-name': 'other',
          'insecure-skip-tls-verify': true,
          'certificate-authority-data': Buffer.from('a CA').toString('base64'),
          'proxy-url': 'http://proxy:1',
        },
      },
    });
  });

  it('has nothing to read, and does not wait for it', async () => {
    const program = `
      let input = '';
      process.stdin.on('data', (data) => (input += data)).on('end', () => {
        ${giving(`{ token: 'read ' + input.length }`)};
      });`;
    expect(await headersOf(program)).toEqual({ authorization: 'Bearer read 0' });
  });

  it('may warn, has the environment of this process and its own, and takes numbers for text', async () => {
    const program = `console.error('a warning'); ${giving('{ token: [process.env.PATH, process.env.OWN, process.argv.at(-1)].join() }')}`;
    const exec = {
      args: ['-e', program, '--', 8080],
      env: [{ name: 'OWN', value: 7 }],
    };
    const authorization = `Bearer ${process.env['PATH']},7,8080`;
    expect(await headersOf(program, exec)).toEqual({ authorization });
  });

  // As kubectl config writes what is not set.
  it('has no arguments and no environment of its own where they are null', async () => {
    const command = join(folder(), 'plugin');
    const program = giving('{ token: String(process.argv.length) }');
    writeFileSync(command, `#!${process.execPath}\n${program}`, { mode: 0o700 });
    const exec = { command, args: null, env: null, apiVersion: null, installHint: null };
    expect(await headersOf('', exec)).toEqual({ authorization: 'Bearer 2' });
  });

  it('may give a client certificate', async () => {
    const { certificate, key } = clientCertificates.a;
    const status = JSON.stringify({ clientCertificateData: certificate, clientKeyData: key });
    const { tls, headers } = await credentialsOf(giving(status), {}, { as: 'else' }).get();
    expect(tls).toEqual({ cert: Buffer.from(certificate), key: Buffer.from(key) });
    expect(headers).toEqual({ 'impersonate-user': 'else' });
  });

  // As client-go does: it would ask for a login that nobody needs.
  it.each([
    ['a token', { token: 't' }, { authorization: 'Bearer t' }],
    ['a password', { username: 'n' }, { authorization: `Basic ${btoa('n:')}` }],
    ['a certificate', { 'client-certificate-data': 'YQ==', 'client-key-data': 'YQ==' }, {}],
  ])('is not run where there is %s', async (_, user, headers) => {
    expect(await headersOf('process.exit(1)', {}, user)).toEqual(headers);
  });

  it.each([
    ['that is not there', '', { command: 'no-such-plugin' }, /"no-such-plugin".* ENOENT$/],
    [
      'that is not there, and how to get it',
      '',
      { command: 'no-such-plugin', installHint: 'brew install it' },
      /ENOENT; brew install it$/,
    ],
    ['without a command', '', { command: '' }, /: it has no command$/],
    [
      'that fails',
      'console.log("canary"); process.exit(3)',
      {},
      /exited with code 3; run it by hand/,
    ],
    ['that is killed', 'process.kill(process.pid)', {}, /was ended by SIGTERM/],
    ['that warns where it should answer', 'console.log("canary\\n{}")', {}, /: it wrote no Exec/],
    ['that answers in YAML', 'console.log("status: canary")', {}, /: it wrote no ExecCredential;/],
    ['that writes nothing', '', {}, /: it wrote no ExecCredential;/],
    ['that answers null', 'console.log("null")', {}, /: it wrote no ExecCredential;/],
    ['without a status', 'console.log("{}")', {}, /: it gave neither a token nor a client cert/],
    ['with an empty token', giving(`{ token: '' }`), {}, /: it gave neither a token nor a client/],
    ['with a token that is none', giving('{ token: 5 }'), {}, /: it gave neither a token nor a/],
    [
      'with half a pair',
      giving(`{ token: 'canary', clientKeyData: 'canary' }`),
      {},
      /without the other/,
    ],
    [
      'that writes without end',
      'setInterval(() => console.log("canary".repeat(1e4)), 0)',
      {},
      /wrote more than \d+ bytes/,
    ],
    [
      'that wants a terminal',
      giving(`{ token: 'canary' }`),
      { interactiveMode: 'Always' },
      /terminal/,
    ],
  ])(
    'is named where it is one %s, and nothing that it wrote',
    async (_, program, exec, message) => {
      const credentials = credentialsOf(program, exec);
      const error = await failureOf(credentials.get());
      expect(error).toMatchObject({
        code: 'ERR_TRANSPORT',
        reason: 'credentials',
        retryable: true,
      });
      expect(error.message).toMatch(message);
      expect(JSON.stringify([error, error.message, String(error.cause)])).not.toContain('canary');
    },
  );

  // Thousands of watches may ask, each at its own time: a process each would be a storm.
  it('that fails is run once a second, whoever asks', async () => {
    const runs = join(folder(), 'runs');
    writeFileSync(runs, '');
    const program = `require('node:fs').appendFileSync(${JSON.stringify(runs)}, '.'); process.exit(1);`;
    const clock = createVirtualClock();
    const kubeConfig = configOf(program);
    const credentials = new Credentials({ kubeConfig, clock, logger: silentLogger });
    for (let second = 1; second <= 3; second++) {
      for (let n = 0; n < 3; n++)
        expect(await failureOf(credentials.get())).toMatchObject({ reason: 'credentials' });
      expect(readFileSync(runs, 'utf8')).toHaveLength(second);
      await clock.advance(1_000);
    }
  });

  it('that takes too long is ended before it is started anew, and so is one that nobody waits for', async () => {
    const path = folder();
    const [pids, ended] = [join(path, 'pids'), join(path, 'ended')];
    const hanging = `
      const { appendFileSync } = require('node:fs');
      process.on('SIGTERM', () => { appendFileSync(${JSON.stringify(ended)}, '.'); process.exit(); });
      appendFileSync(${JSON.stringify(pids)}, process.pid + ' ');
      setInterval(() => {}, 1_000);`;
    const clock = createVirtualClock();
    const transport = transportFor(configOf(hanging), { clock });
    const textIn = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    const started = (count: number) =>
      vi.waitFor(() => expect(textIn(pids).split(' ')).toHaveLength(count + 1), 5_000);
    const first = failureOf(transport.list(configMaps, {}));
    await started(1);
    await clock.advance(180_000);
    expect(await first).toMatchObject({ reason: 'credentials' });
    const second = failureOf(transport.list(configMaps, {}));
    await started(2);
    await vi.waitFor(() => expect(textIn(ended)).toBe('.'), 5_000);
    await transport.close();
    await second;
    await vi.waitFor(() => expect(textIn(ended)).toBe('..'), 5_000);
  });
});
