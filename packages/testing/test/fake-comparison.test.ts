import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { seeds } from '../../../tools/random-tests.ts';
import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import {
  type ControlPlane,
  startControlPlane,
} from '../../../tools/kube-apiserver/control-plane.ts';
import {
  createFakeTransport,
  createVirtualClock,
  isDepwatchError,
  type KubernetesObject,
  type ObjectClient,
} from '../src/index.ts';
import { RawClient } from './api-server/raw-client.ts';
import { drawStep, type Step } from './random-writes.ts';

let reason = '';
const binaries = await findKubeApiServer({ log: (line) => (reason = line) });
if (!binaries) {
  if (process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'] === '1') throw new Error(reason);
  console.log(`skipped: the fake's writes beside a real kube-apiserver's (${reason})`);
}

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
};

const subjects = [
  { apiVersion: 'v1', kind: 'ConfigMap', path: '/api/v1', field: 'data', hasStatus: false },
  {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    path: '/apis/example.com/v1',
    field: 'spec',
    hasStatus: true,
  },
] as const;
type Subject = (typeof subjects)[number];

interface Found extends KubernetesObject {
  data?: object;
  spec?: object;
  status?: object;
  metadata: NonNullable<KubernetesObject['metadata']> & {
    managedFields?: {
      manager: string;
      operation: string;
      subresource?: string;
      fieldsV1: object;
    }[];
  };
}

/** A server as the test sees it: one object, written by steps. */
interface Side {
  read(): Promise<Found | undefined>;
  /** The HTTP status of a failure, or what was answered. */
  write(step: Step, shown: readonly (Found | undefined)[]): Promise<number | Found | undefined>;
}

describe.runIf(binaries)('the fake writes as a real kube-apiserver does', () => {
  let real: ControlPlane;
  let client: RawClient;
  beforeAll(async () => {
    real = await startControlPlane({ binaries: binaries! });
    client = new RawClient(real.kubeConfig);
    await client.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
    // There is no event to wait for: the kind is served some time after its condition says so.
    while ((await client.get('/apis/example.com/v1/widgets')).status !== 200) await delay(20);
  }, 120_000);
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await real?.stop();
  }, 120_000);

  for (const subject of subjects) {
    for (const seed of seeds(10)) {
      test(`${subject.kind}, seed ${seed}`, { timeout: 120_000 }, async () => {
        const namespace = `writes-${subject.kind.toLowerCase()}-${seed}`;
        await client.post('/api/v1/namespaces', { metadata: { name: namespace } });
        const fake = createFakeTransport({ objects: [definition as KubernetesObject] });
        const sides = [onWire(client, subject, namespace), onFake(fake, subject, namespace)];
        await compare(sides, subject, createVirtualClock({ seed }).random);
      });
    }
  }
});

async function compare(sides: Side[], subject: Subject, random: () => number): Promise<void> {
  const shown: (Found | undefined)[][] = [[], []];
  const told: string[] = [];
  for (let count = 0; count < 40; count += 1) {
    const states = await Promise.all(sides.map((side) => side.read()));
    // Where nobody owns anything, the real server doesn't begin to say who does.
    if (states[0] && !states[0].metadata.managedFields) return;
    for (const [index, state] of states.entries()) shown[index]!.push(state);
    const step = drawStep(random, shown[0]!.length, subject);
    told.push(JSON.stringify(step));
    const outcomes = await Promise.all(
      sides.map(async (side, index) => {
        const before = states[index]?.metadata.resourceVersion;
        const answer = await side.write(step, shown[index]!);
        const after = await side.read();
        return {
          answer: typeof answer === 'number' ? answer : essence(answer),
          after: essence(after),
          wrote: before !== after?.metadata.resourceVersion,
        };
      }),
    );
    expect(outcomes[1], told.slice(-3).join('\n')).toEqual(outcomes[0]);
  }
}

/** What both should have in common. */
function essence(object: Found | undefined): object | undefined {
  if (!object) return undefined;
  const { data = {}, spec = {}, status = {}, metadata } = object;
  const { labels = {}, finalizers = [], deletionTimestamp, managedFields = [] } = metadata;
  return {
    ...{ data, spec, status, labels, finalizers: finalizers.toSorted() },
    isBeingDeleted: deletionTimestamp !== undefined,
    // By their names, since their order is that of time, which stands still on one side.
    managers: managedFields
      .map(({ manager, operation, subresource = '', fieldsV1 }) => ({
        manager: [manager, operation, subresource].join(' '),
        fieldsV1,
      }))
      .toSorted((a, b) => (a.manager < b.manager ? -1 : 1)),
  };
}

function objectOf(
  { apiVersion, kind, field, hasStatus }: Subject,
  namespace: string,
  { labels, finalizers, values, verb }: Step,
  seen: { readonly uid?: string; readonly resourceVersion?: string },
): KubernetesObject {
  const given = {
    apiVersion,
    kind,
    metadata: {
      name: 'one',
      namespace,
      ...(labels && { labels }),
      ...(finalizers && { finalizers }),
      ...(seen.uid && { uid: seen.uid }),
      ...(seen.resourceVersion && verb !== 'create' && { resourceVersion: seen.resourceVersion }),
    },
    [field]: values,
    ...(hasStatus && { status: values }),
  };
  return given as KubernetesObject;
}

function patchOf(step: Step, object: KubernetesObject): object {
  if (step.verb === 'json') return step.steps;
  const { apiVersion: _, kind: __, metadata, ...rest } = object;
  const { name: ___, namespace: ____, uid: _____, finalizers, ...kept } = metadata!;
  const given = finalizers && { finalizers: finalizers.length > 0 ? finalizers : null };
  return { ...rest, metadata: { ...kept, ...given } };
}

function seenIn(step: Step, shown: readonly (Found | undefined)[]) {
  const { uid } = shown[step.uid]?.metadata ?? {};
  const { resourceVersion } = shown[step.version]?.metadata ?? {};
  return { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
}

function onFake(fake: ObjectClient, subject: Subject, namespace: string): Side {
  const [version, group] = subject.apiVersion.split('/').toReversed();
  const id = {
    ...(group && { group }),
    version: version!,
    kind: subject.kind,
    namespace,
    name: 'one',
  };
  return {
    read: () => fake.get<Found>(id),
    async write(step, shown) {
      const { dryRun, fieldManager, force } = step;
      const seen = seenIn(step, shown);
      const object = objectOf(subject, namespace, step, seen);
      const options = {
        dryRun,
        fieldManager,
        ...(step.subresource && { subresource: step.subresource }),
      };
      try {
        switch (step.verb) {
          case 'create':
            return (await fake.create(object, options)) as Found;
          case 'update':
            return (await fake.update(object, options)) as Found;
          case 'apply':
            return (await fake.apply(object, { ...options, force })) as Found;
          case 'delete': {
            const isSeen = Object.keys(seen).length > 0;
            await fake.delete(id, { dryRun, ...(isSeen && { preconditions: seen }) });
            return undefined;
          }
          default:
            return await fake.patch<Found>(id, patchOf(step, object), options);
        }
      } catch (error) {
        if (isDepwatchError(error) && error.status?.code) return error.status.code;
        throw error;
      }
    },
  };
}

const patchTypes = {
  merge: 'merge-patch+json',
  json: 'json-patch+json',
  apply: 'apply-patch+yaml',
};

function onWire(client: RawClient, subject: Subject, namespace: string): Side {
  const collection = `${subject.path}/namespaces/${namespace}/${subject.kind.toLowerCase()}s`;
  return {
    async read() {
      const { status, body } = await client.get(`${collection}/one`);
      return status === 200 ? (body as Found) : undefined;
    },
    async write(step, shown) {
      const { verb, dryRun, fieldManager, force, subresource } = step;
      const seen = seenIn(step, shown);
      const object = objectOf(subject, namespace, step, seen);
      const parameters = new URLSearchParams({
        fieldManager,
        ...(dryRun && { dryRun: 'All' }),
        ...(verb === 'apply' && force && { force: 'true' }),
      }).toString();
      const path = `${collection}/one${subresource && `/${subresource}`}?${parameters}`;
      if (verb === 'delete') {
        const options = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: seen };
        const { status } = await client.delete(`${collection}/one`, {
          ...options,
          ...(dryRun && { dryRun: ['All'] }),
        });
        return status < 300 || status === 404 ? undefined : status;
      }
      const { status, body } =
        verb === 'create'
          ? await client.post(`${collection}?${parameters}`, object)
          : verb === 'update'
            ? await client.put(path, object)
            : await client.patch(
                path,
                verb === 'apply' ? object : patchOf(step, object),
                `application/${patchTypes[verb]}`,
              );
      return status < 300 ? (body as Found) : status;
    },
  };
}
