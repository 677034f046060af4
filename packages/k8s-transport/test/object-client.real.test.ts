import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import type { KubernetesObject } from '@depwatch/core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../tools/kube-apiserver/control-plane.ts';
import { createK8sTransport, type K8sTransport } from '../src/index.ts';
import { configMap, failureOf, kubeConfigFrom, transportFor } from './helpers.ts';

// Whether there has to be one, conformance.test.ts says.
const binaries = await findKubeApiServer();
const startTimeoutMs = 120_000;

interface Data extends KubernetesObject {
  data?: Record<string, string>;
}
interface Status extends KubernetesObject {
  status?: Record<string, unknown>;
}

const namespace = 'default';
const idOf = (name: string) => ({ version: 'v1', kind: 'ConfigMap', namespace, name });
const secretOf = (name: string) => ({ ...idOf(name), kind: 'Secret' });
const canary = Buffer.from('canary').toString('base64');

function secret(name: string, more: object = {}): Data {
  return { ...configMap(name), kind: 'Secret', data: { k: canary }, ...more };
}

function serviceAccount(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
}

function deployment(name: string): KubernetesObject {
  const labels = { app: name };
  const containers = [{ name: 'c', image: 'i' }];
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace } },
    ...{
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    },
  };
}

function definition(scope: 'Namespaced' | 'Cluster', plural: string): KubernetesObject {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
    metadata: { name: `${plural}.a.dev` },
    ...{
      spec: {
        ...{ group: 'a.dev', scope, names: { kind: 'Thing', plural } },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
      },
    },
  };
}

function leak(error: unknown): boolean {
  const text = inspect(error, { depth: Infinity });
  return text.includes('canary') || text.includes(canary);
}

describe.runIf(binaries)('on a real kube-apiserver', { timeout: 60_000 }, () => {
  let controlPlane: ControlPlane;
  let client: K8sTransport;
  beforeAll(async () => {
    controlPlane = await startControlPlane({ binaries: binaries!, users: ['nobody'] });
    client = createK8sTransport({ kubeConfig: kubeConfigFrom(controlPlane.kubeConfig) });
  }, startTimeoutMs);
  afterAll(async () => {
    await client.close();
    await controlPlane.stop();
  }, startTimeoutMs);

  it('an object is created, read, replaced, patched and deleted', async () => {
    const id = idOf('life');
    expect(await client.get(id)).toBeUndefined();
    const created = await client.create(configMap('life', { a: '1' }), { fieldManager: 'me' });
    expect(created.metadata).toMatchObject({ managedFields: [{ manager: 'me' }] });
    const again = await failureOf(client.create(configMap('life')));
    expect(again).toMatchObject({ code: 'ERR_ALREADY_EXISTS' });
    const updated = await client.update({ ...created, data: { b: '2' } });
    const late = await failureOf(client.update(created));
    expect(late).toMatchObject({ code: 'ERR_CONFLICT', retryable: false });
    expect(late.message).toMatch(/read it anew$/);
    const dry = await client.patch<Data>(id, { data: { c: '3' } }, { dryRun: true });
    expect(dry.data).toEqual({ b: '2', c: '3' });
    expect(await client.get(id)).toEqual(updated);
    await client.patch(id, { data: { b: null, c: '3' } });
    const patched = await client.patch<Data>(id, [
      { op: 'test', path: '/data/c', value: '3' },
      { op: 'move', from: '/data/c', path: '/data/__proto__' },
    ]);
    expect(JSON.stringify(patched.data)).toBe('{"__proto__":"3"}');
    const wrong = await failureOf(client.patch(id, [{ op: 'test', path: '/data/x', value: '' }]));
    expect(wrong).toMatchObject({ code: 'ERR_REJECTED' });
    for (const preconditions of [{ uid: 'another' }, { resourceVersion: '1' }]) {
      const kept = await failureOf(client.delete(id, { preconditions }));
      expect(kept).toMatchObject({ code: 'ERR_CONFLICT' });
    }
    await client.delete(id, { dryRun: true });
    expect(await client.get(id)).toBeDefined();
    const uid = created.metadata.uid!;
    await client.delete(id, { preconditions: { uid }, propagationPolicy: 'Background' });
    await client.delete(id);
    expect(await client.get(id)).toBeUndefined();
    expect(await failureOf(client.patch(id, {}))).toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('a name is made where one is asked for', async () => {
    const metadata = { generateName: 'made-', namespace };
    const { metadata: made } = await client.create({ ...configMap(''), metadata });
    expect(made).toMatchObject({ name: expect.stringMatching(/^made-.+/) });
  });

  it('fields are applied, and a conflict names whose they are', async () => {
    await client.apply(configMap('applied', { a: '1', b: '1' }), { fieldManager: 'one' });
    const error = await failureOf(
      client.apply(configMap('applied', { a: '2' }), { fieldManager: 'two' }),
    );
    expect(error).toMatchObject({ code: 'ERR_CONFLICT' });
    expect(error.message).toMatch(/; others own \.data\.a of "one"; apply without/);
    const options = { fieldManager: 'two', force: true };
    const forced = await client.apply(configMap('applied', { a: '2' }), options);
    expect(forced.data).toEqual({ a: '2', b: '1' });
    const dropped = await client.apply(configMap('applied'), { fieldManager: 'one' });
    expect(dropped.data).toEqual({ a: '2' });
    for (const unfit of [{ data: { a: { b: 1 } } }, { dtaa: {} }]) {
      const bad = await failureOf(
        client.apply({ ...configMap('applied'), ...unfit }, { fieldManager: 'one' }),
      );
      expect(bad).toMatchObject({ code: 'ERR_REJECTED', retryable: false });
    }
  });

  it('parts of objects have addresses of their own', async () => {
    const id = { group: 'apps', version: 'v1', kind: 'Deployment', namespace, name: 'parts' };
    const created = await client.create(deployment('parts'));
    const status = { ...created, status: { replicas: 2 } };
    const updated = await client.update<Status>(status, { subresource: 'status' });
    expect(updated.status).toMatchObject({ replicas: 2 });
    await client.apply({ ...deployment('parts'), status: { readyReplicas: 1 } } as Status, {
      ...{ subresource: 'status', fieldManager: 'me' },
    });
    const scale = (await client.get<KubernetesObject & { spec: { replicas: number } }>(id, {
      subresource: 'scale',
    }))!;
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 1 } });
    scale.spec.replicas = 3;
    await client.update(scale, { subresource: 'scale', of: id });
    await client.patch(id, { spec: { replicas: 4 } }, { subresource: 'scale' });
    expect(await client.get(id)).toMatchObject({
      ...{ spec: { replicas: 4 }, status: { replicas: 2, readyReplicas: 1 } },
    });
    const none = await failureOf(client.get(idOf('a'), { subresource: 'status' }));
    expect(none).toMatchObject({ code: 'ERR_NO_VERSIONED_RESOURCE' });
  });

  it('a token is asked for, and none is in an error', async () => {
    const of = { version: 'v1', kind: 'ServiceAccount', namespace, name: 'somebody' };
    await client.create(serviceAccount('somebody'));
    const request = (expirationSeconds: number) =>
      client.create<Status>(
        {
          ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' },
          ...{ spec: { expirationSeconds } },
        },
        { subresource: 'token', of },
      );
    expect((await request(600)).status?.['token']).toEqual(expect.any(String));
    const error = await failureOf(request(1));
    expect(error.message).toMatch(/422 Invalid: spec\.expirationSeconds \(FieldValueInvalid\)$/);
  });

  it('a budget forbids an eviction for now', async () => {
    const labels = { app: 'evicted' };
    const metadata = { name: 'evicted', namespace, labels };
    await client.create(serviceAccount('default'));
    const pod = { containers: [{ name: 'c', image: 'i' }], nodeName: 'n' };
    await client.create({ apiVersion: 'v1', kind: 'Pod', metadata, ...{ spec: pod } });
    const of = { ...idOf('evicted'), kind: 'Pod' };
    const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    await client.patch(of, { status: ready }, { subresource: 'status' });
    const budget = { minAvailable: 1, selector: { matchLabels: labels } };
    await client.create({
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata },
      ...{ spec: budget },
    });
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata };
    const error = await failureOf(client.create(eviction, { subresource: 'eviction', of }));
    expect(error).toMatchObject({ code: 'ERR_REJECTED', retryable: true, retryAfterMs: 10_000 });
    expect(error.message).toContain('The disruption budget evicted');
    await client.delete(of, { gracePeriodSeconds: 0 });
  });

  it('what a review says needs no name', async () => {
    const spec = { resourceAttributes: { verb: 'get', resource: 'pods' } };
    const review = await client.create<Status>({
      ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', ...{ spec } },
    });
    expect(review.status).toMatchObject({ allowed: true });
  });

  it('none of 50 writes fails, and none is done twice, for a token that was replaced a moment ago', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'depwatch-writes-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    // What has the credentials read again when it changes.
    const caFile = join(folder, 'ca');
    const admin = kubeConfigFrom(controlPlane.kubeConfig);
    const { server, caData } = admin.getCurrentCluster()!;
    const tokens: string[] = [];
    const kubeConfig = {
      getCurrentCluster: () => ({ name: 'c', server, caFile }),
      getCurrentUser: () => null,
      applyToHTTPSOptions: async (options: object) => {
        const token = tokens.shift() ?? admin.getCurrentUser()!.token!;
        const headers = { Authorization: `Bearer ${token}` };
        Object.assign(options, { ca: Buffer.from(caData!, 'base64'), headers });
      },
    };
    let now = 0;
    const clock = {
      now: () => now,
      setTimeout: (run: () => void, ms: number) => setTimeout(run, ms),
      random: () => 0,
    };
    writeFileSync(caFile, '');
    const writer = transportFor(kubeConfig, { clock });
    await writer.get(idOf('rotated'));
    for (let round = 0; round < 10; round++) {
      tokens.push(`unknown-${round}`);
      writeFileSync(caFile, 'x'.repeat(round + 1));
      now += 1_000;
      // All are sent with a token that is refused, and the server ends the connection with the first refusal.
      const labels = { round: `${round}` };
      const metadata = { generateName: `rotated-${round}-`, namespace, labels };
      await Promise.all(
        Array.from({ length: 50 }, () => writer.create({ ...configMap(''), metadata })),
      );
      expect(tokens).toEqual([]);
      const gvr = { group: '', version: 'v1', resource: 'configmaps', namespaced: true };
      const selector = `round=${round}`;
      const { items } = await client.list({ gvr, gvk: idOf(''), namespace, selector }, {});
      expect(items).toHaveLength(50);
    }
  });

  it('what is invalid is rejected by its fields', async () => {
    const strict = await failureOf(client.create({ ...configMap('x'), ...{ spec: { a: 1 } } }));
    expect(strict).toMatchObject({ code: 'ERR_REJECTED' });
    expect(strict.message).toContain('unknown field "spec"');
    await client.create(deployment('invalid'));
    const id = { group: 'apps', version: 'v1', kind: 'Deployment', namespace, name: 'invalid' };
    const invalid = await failureOf(
      client.patch(id, { spec: { replicas: -1, template: { spec: { containers: [] } } } }),
    );
    expect(invalid.message).toMatch(
      /422 Invalid: spec\.replicas: .*; spec\.template\.spec\.containers: Required value$/,
    );
    const nowhere = { ...configMap('x'), metadata: { name: 'x', namespace: 'nowhere' } };
    expect(await failureOf(client.create(nowhere))).toMatchObject({ code: 'ERR_NOT_FOUND' });
    const large = await failureOf(client.create(configMap('x', { a: 'x'.repeat(4_000_000) })));
    expect(large).toMatchObject({ code: 'ERR_REJECTED', status: { code: 413 } });
  });

  it('no value of a Secret is in an error', async () => {
    await client.create(secret('kept', { immutable: true }));
    const errors = await Promise.all(
      [
        client.create(secret('kept')),
        client.create(secret('bad', { type: 'kubernetes.io/tls' })),
        client.create(secret('bad', { data: { k: 'canary!' } })),
        client.create(secret('bad', { stringData: { k: 1 } })),
        client.update(secret('kept', { data: { k: canary + canary } })),
        client.patch(secretOf('kept'), { data: { k: 123 } }),
        client.patch(secretOf('kept'), [{ op: 'test', path: '/data/k', value: 'canary' }]),
        client.apply(secret('bad', { data: { k: { canary } } }), { fieldManager: 'me' }),
        client.apply(secret('bad', { data: { k: 'canary!' } }), { fieldManager: 'me' }),
      ].map(failureOf),
    );
    for (const error of errors) {
      expect(error.message).toMatch(/^(create|update|patch|apply) of v1 Secret "(kept|bad)"/);
      expect(['ERR_REJECTED', 'ERR_ALREADY_EXISTS']).toContain(error.code);
      expect(leak(error), error.message).toBe(false);
    }
    expect(errors[1]!.message).toContain('data[tls.key]');
  });

  it('what may not be done is forbidden, what a policy denies rejected', async () => {
    const nobody = transportFor(controlPlane.kubeConfigFor('nobody'));
    const calls = [nobody.get(secretOf('a')), nobody.create(configMap('a'))];
    for (const error of await Promise.all(calls.map(failureOf))) {
      expect(error).toMatchObject({ code: 'ERR_FORBIDDEN', retryable: false });
      expect(error.message).toContain('User "nobody" cannot');
    }
    const registration = 'admissionregistration.k8s.io/v1';
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'] };
    await client.create({
      ...{ apiVersion: registration, kind: 'ValidatingAdmissionPolicy', metadata: { name: 'p' } },
      ...{
        spec: {
          matchConstraints: { resourceRules: [{ ...rule, resources: ['configmaps'] }] },
          validations: [{ expression: "object.metadata.name != 'denied'", reason: 'Forbidden' }],
        },
      },
    });
    await client.create({
      ...{ apiVersion: registration, kind: 'ValidatingAdmissionPolicyBinding' },
      ...{ metadata: { name: 'p' }, spec: { policyName: 'p', validationActions: ['Deny'] } },
    });
    const denied = () => client.create(configMap('denied'), { dryRun: true });
    // The server hears of its own policies after a while.
    await expect
      .poll(
        () =>
          denied().then(
            () => undefined,
            (error: unknown) => error,
          ),
        {
          ...{ timeout: 30_000, interval: 200 },
        },
      )
      .toMatchObject({ code: 'ERR_REJECTED', status: { code: 403 } });
    await client.delete({
      ...{ group: 'admissionregistration.k8s.io', version: 'v1' },
      ...{ kind: 'ValidatingAdmissionPolicy', name: 'p' },
    });
  });

  it('a kind that comes, goes, and comes back elsewhere is found', async () => {
    const thing = { group: 'a.dev', version: 'v1', kind: 'Thing', name: 'a' };
    const inNamespace = { ...thing, namespace };
    const crd = {
      ...{ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' },
    };
    const object = {
      ...{ apiVersion: 'a.dev/v1', kind: 'Thing', metadata: { name: 'a', namespace } },
    };
    const isUnknown = (error: { code: string }) => error.code === 'ERR_NO_VERSIONED_RESOURCE';
    const untilKnown = async () => {
      for (;;) {
        const error = await client.create(object).then(
          () => undefined,
          (reason) => reason,
        );
        if (error === undefined) return;
        if (!isUnknown(error)) throw error;
      }
    };
    expect(isUnknown(await failureOf(client.get(inNamespace)))).toBe(true);
    await client.create(definition('Namespaced', 'things'));
    await untilKnown();
    await client.patch(inNamespace, { spec: { a: 1 } });
    await client.delete({ ...crd, name: 'things.a.dev' });
    await expect
      .poll(
        () =>
          client.get(inNamespace).then(
            () => 'there',
            (error) => error.code as string,
          ),
        {
          ...{ timeout: 30_000, interval: 100 },
        },
      )
      .toBe('ERR_NO_VERSIONED_RESOURCE');
    await client.create(definition('Cluster', 'thingies'));
    await untilKnown();
    expect(await client.get(thing)).toMatchObject({ metadata: { name: 'a' } });
  });
});
