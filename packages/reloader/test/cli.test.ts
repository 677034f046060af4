import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startApiServer, type ApiServer } from '@depwatch/testing';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { podWith, TestNamespace } from './support/cluster.ts';
import { Program } from './support/program.ts';

/** A process that ends "promptly" does so well before any timeout of its connections. */
const promptMs = 2_000;

const programs: Program[] = [];
const run = (args: readonly string[], env?: NodeJS.ProcessEnv): Program => {
  const program = new Program(args, env);
  programs.push(program);
  return program;
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depwatch-reloader-cli-'));
});
afterEach(() => {
  for (const { child } of programs.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(folder, { recursive: true }));

describe('depwatch-reloader', { timeout: 60_000 }, () => {
  it.each(['--help', '-h'])('%s lists every flag and exits with 0', async (flag) => {
    const program = run([flag]);
    expect(await program.exit).toBe(0);
    for (const name of [
      'kubeconfig',
      'context',
      'namespace',
      'all',
      'dry-run',
      'log',
      'log-level',
      'embedded',
      'version',
    ])
      expect(program.lines.join('\n')).toContain(`--${name}`);
  });

  it('--version prints the version of the package', async () => {
    const program = run(['--version']);
    expect(await program.exit).toBe(0);
    expect(program.lines).toStrictEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  });

  it('names a certificate file of the kubeconfig that is not there', async () => {
    const file = join(folder, 'no-ca');
    const named = (name: string, more: object) => [{ name, ...more }];
    const server = { server: 'https://127.0.0.1:1', 'certificate-authority': 'missing-ca.crt' };
    await writeFile(
      file,
      JSON.stringify({
        clusters: named('c', { cluster: server }),
        users: named('u', { user: { token: 't' } }),
        contexts: named('x', { context: { cluster: 'c', user: 'u' } }),
        'current-context': 'x',
      }),
    );
    const program = run(['--kubeconfig', file]);
    expect(await program.line('missing-ca.crt')).toContain('warn');
  });

  it.each([
    [['--colour'], '--colour'],
    [['--log', 'xml'], '--log: "xml"'],
    [['--embedded', '--kubeconfig', 'x'], '--embedded and --kubeconfig'],
    [[], '--kubeconfig'],
  ])('exits with 2 for %j and names what is wrong', async (args, named) => {
    const program = run(args);
    expect(await program.exit).toBe(2);
    expect(program.stderr).toContain(named);
    expect(program.lines).toStrictEqual([]);
  });

  it('exits with 1 for a kubeconfig that cannot be used', async () => {
    const file = join(folder, 'missing');
    const program = run(['--kubeconfig', file]);
    expect(await program.exit).toBe(1);
    expect(program.stderr).toBe(`depwatch-reloader: kubeConfig: ${file} can't be read: ENOENT\n`);
  });

  it('--embedded rolls workloads, and a Ctrl-C ends it with 0', async () => {
    const program = run(['--embedded']);
    const line = await program.line(' rolled: ');
    expect(line).toMatch(
      /^[\d:]{8} info +deployment demo\/web rolled: other data in configmap\/web-settings \(configmap\/web-settings modified\)$/,
    );
    const { code, ms } = await program.end('SIGINT');
    expect(code).toBe(0);
    expect(ms).toBeLessThan(promptMs);
    expect(program.stderr).toBe('');
    expect(program.lines.join('\n')).not.toContain('failed');
  });

  it('--embedded serves a live page of what it does, by loopback', async () => {
    const program = run(['--embedded']);
    const line = await program.line('See it live');
    const address = /http:\/\/localhost:\d+$/.exec(line)![0];
    await program.line('take part');
    const policy = (await fetch(address)).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    const { watched } = (await (await fetch(`${address}?format=json&of=Deployments`)).json()) as {
      watched: { key: string; state: string }[];
    };
    expect(watched.map(({ key }) => key).join()).toContain('Deployment');
    expect(await program.end('SIGINT')).toMatchObject({ code: 0 });
  });

  it('--embedded says how to take part, and at the end what has happened', async () => {
    const program = run(['--embedded']);
    const line = await program.line('export KUBECONFIG=');
    const file = line.slice(line.indexOf('=') + 1);
    await program.line('collector');
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(file);
    const body = [{ op: 'add', path: '/data/MINE', value: 'yes' }];
    const id = { namespace: 'demo', name: 'web-settings' };
    await kubeConfig.makeApiClient(CoreV1Api).patchNamespacedConfigMap({ ...id, body });
    await program.line(' rolled: ');
    expect((await program.end('SIGINT')).code).toBe(0);
    const end = program.lines.slice(program.lines.findIndex((text) => /^\d+ s: /.test(text)));
    expect(end[0]).toMatch(/^\d+ s: .*\d+ rolled/);
    expect(end.join('\n')).toContain('What next:');
    expect(existsSync(file)).toBe(false);
  });

  it('--embedded --log json prints one JSON object a line, and no data of any', async () => {
    const program = run(['--embedded', '--log', 'json']);
    await program.line('other data in secret/database/password');
    expect((await program.end('SIGTERM')).code).toBe(0);
    const events = program.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events[0]).toMatchObject({ level: 'info', embedded: true });
    for (const { level, msg } of events) {
      expect(['info', 'warn']).toContain(level);
      expect(msg).toBeTypeOf('string');
    }
    expect(events).toContainEqual(expect.objectContaining({ workloads: 4, takingPart: 4 }));
    expect(events.filter(({ outcome }) => outcome !== undefined).length).toBeGreaterThan(4);
    expect(program.lines.join('\n')).not.toMatch(/hello|change-me/);
  });

  it('ends with 0 when nobody reads its lines any more', async () => {
    const program = run(['--embedded', '--log', 'json']);
    await program.line('take part');
    program.child.stdout!.destroy();
    expect(await program.exit).toBe(0);
    expect(program.stderr).toBe('');
  });

  describe('on a cluster', () => {
    let server: ApiServer;
    let namespace: TestNamespace;
    let kubeconfig: string;
    beforeAll(async () => {
      server = await startApiServer();
      kubeconfig = join(folder, 'kubeconfig');
      await writeFile(kubeconfig, server.kubeConfig);
      namespace = await TestNamespace.create(server, 'shop');
      await namespace.secret('s', { password: 'tr0ub4dor' });
      const valueFrom = { secretKeyRef: { name: 's', key: 'password' } };
      await namespace.workload('StatefulSet', 'db', podWith({ env: [{ name: 'P', valueFrom }] }));
    });
    afterAll(() => server.stop());

    it('works with --kubeconfig and --namespace, and SIGTERM ends it with 0', async () => {
      const program = run([
        '--kubeconfig',
        kubeconfig,
        '--namespace',
        'shop',
        '--namespace',
        'other',
      ]);
      await program.line(' recorded: ');
      await namespace.patchSecret('s', { stringData: { password: 'c0rrecth0rse' } });
      await program.line(' rolled: ');
      const { code, ms } = await program.end('SIGTERM');
      expect(code).toBe(0);
      expect(ms).toBeLessThan(promptMs);
      expect(program.lines[0]).toContain(`namespace shop, other of ${server.url}`);
      expect(program.lines.join('\n') + program.stderr).not.toMatch(/tr0ub4dor|c0rrecth0rse/);
    });

    it('works with KUBECONFIG and --context; --dry-run writes nothing', async () => {
      const before = await namespace.state('StatefulSet', 'db');
      const context = (JSON.parse(server.kubeConfig) as { 'current-context': string })[
        'current-context'
      ];
      const program = run(['--dry-run', '--log-level', 'debug', '--context', context], {
        KUBECONFIG: kubeconfig,
      });
      await program.line(' unchanged: ');
      await namespace.patchSecret('s', { stringData: { password: 'batterystap1e' } });
      await program.line(' would-roll: ');
      expect((await program.end('SIGINT')).code).toBe(0);
      expect(await namespace.state('StatefulSet', 'db')).toStrictEqual(before);
    });

    it('with --leader-elect works while it leads, and hands over when it ends', async () => {
      const args = ['--kubeconfig', kubeconfig, '--leader-elect', 'shop'];
      const one = run(args, { POD_NAME: 'one' });
      await one.line('this replica leads');
      // What its pods run with is known from then on, whoever leads.
      const record = async () => (await namespace.state('StatefulSet', 'db')).record;
      await vi.waitFor(async () => expect(await record()).toBeDefined(), 20_000);
      const two = run(args, { POD_NAME: 'two' });
      await two.line('take part');
      expect((await one.end('SIGTERM')).code).toBe(0);
      await two.line('this replica leads');
      await namespace.patchSecret('s', { stringData: { password: 'zeroday' } });
      await two.line(' rolled: ');
      expect((await two.end('SIGTERM')).code).toBe(0);
    });

    it('names a context that the kubeconfig does not have, and exits with 1', async () => {
      const program = run(['--kubeconfig', kubeconfig, '--context', 'elsewhere']);
      expect(await program.exit).toBe(1);
      expect(program.stderr).toContain('"elsewhere"');
    });

    it('says at once that it cannot reach the API server, and works when it can', async () => {
      await server.faults.down();
      const program = run(['--kubeconfig', kubeconfig]);
      expect(await program.line('warn')).toContain('the API server cannot be reached');
      await server.faults.up();
      await program.line('take part');
      expect(program.lines.filter((line) => /warn|error/.test(line))).toHaveLength(1);
      expect((await program.end('SIGINT')).code).toBe(0);
    });

    it('ends with 0, promptly, while it waits for answers that do not come', async () => {
      const undo = server.faults.blackHole();
      const program = run(['--kubeconfig', kubeconfig]);
      await program.line('depwatch-reloader ');
      const { code, ms } = await program.end('SIGINT');
      undo();
      expect(code).toBe(0);
      expect(ms).toBeLessThan(promptMs);
    });
  });
});
