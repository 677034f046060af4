import assert from 'node:assert/strict';

import type { KubernetesObject, ObjectClient, ObjectIdentifier } from '@depwatch/core';

import type { CaseDefinition } from '../case-definition.ts';
import type { Lab } from '../lab/lab.ts';
import { objectMethods } from './object-expectations.ts';

type Methods = readonly (typeof objectMethods)[number][];

/** Something that can't be asked, and the field that has to be named. */
interface WrongInput {
  readonly field: string;
  readonly object?: unknown;
  readonly patch?: unknown;
  readonly options?: unknown;
  /** The methods that take it. Default: all that take such an argument. */
  readonly methods?: Methods;
}

const bodies: Methods = ['create', 'update', 'apply'];
const writes: Methods = ['create', 'update', 'patch', 'apply'];

/** What a client must refuse before it asks anybody. */
export const clientInputCases: readonly CaseDefinition[] = [
  {
    name: 'client: what is no object or no patch is ERR_INVALID_INPUT that names the field',
    requires: ['client'],
    run: (lab) => checkRefusals(lab, [...wrongObjects(lab), ...wrongPatches()]),
  },
  {
    name: 'client: an option that is none is ERR_INVALID_INPUT that names it',
    requires: ['client'],
    run: (lab) => checkRefusals(lab, wrongOptions(lab)),
  },
  {
    name: 'client: a subresource without a name, and `of` without one, are ERR_INVALID_INPUT',
    requires: ['client'],
    run: (lab) => checkRefusals(lab, wrongSubresources(lab)),
  },
];

function wrongObjects(lab: Lab): WrongInput[] {
  const { apiVersion, kind, metadata, data } = lab.configMap('a', { data: { a: '2' } });
  const whole = { apiVersion, kind, metadata, data };
  const cyclic: Record<string, unknown> = { ...whole };
  cyclic['data'] = cyclic;
  return [
    ...[undefined, null, 'text', 5, [], () => {}].map((object) => ({ field: 'object', object })),
    ...[
      cyclic,
      { ...whole, data: { a: 1n } },
      { ...whole, toJSON: () => undefined },
      { ...whole, toJSON: () => 'text' },
    ].map((object) => ({ field: 'object', object })),
    ...[1, null, undefined, '', {}].flatMap((wrong) => [
      { field: 'apiVersion', object: { ...whole, apiVersion: wrong } },
      { field: 'kind', object: { ...whole, kind: wrong } },
    ]),
    { field: 'version', object: { ...whole, apiVersion: 'a/b/c' } },
    ...[5, 'text', []].map((wrong) => ({
      field: 'metadata',
      object: { ...whole, metadata: wrong },
    })),
    ...[5, {}, true].flatMap((wrong) =>
      ['name', 'namespace', 'generateName'].map((name) => ({
        field: `metadata.${name}`,
        object: { ...whole, metadata: { ...metadata, [name]: wrong } },
      })),
    ),
  ].map((wrong) => ({ ...wrong, methods: bodies }));
}

function wrongPatches(): WrongInput[] {
  const cyclic: Record<string, unknown> = {};
  cyclic['data'] = cyclic;
  return [undefined, null, 'text', 5, cyclic, { data: { a: 1n } }, { toJSON: () => 5 }].map(
    (patch) => ({ field: 'patch', patch, methods: ['patch'] }),
  );
}

function wrongOptions(lab: Lab): WrongInput[] {
  const deleting = { methods: ['delete'] } as const;
  return [
    ...[null, 'text', 5].map((options) => ({ field: 'options', options, methods: objectMethods })),
    { field: 'fieldManager', options: undefined, methods: ['apply'] },
    { field: 'fieldManager', options: { fieldManager: '' }, methods: ['apply'] },
    ...[5, null, 'x'.repeat(129), 'x'.repeat(40_000)].map((fieldManager) => ({
      field: 'fieldManager',
      options: { fieldManager },
      methods: writes,
    })),
    ...[{ dryRun: 'All' }, { dryRun: null }].flatMap((options) =>
      [...writes, 'delete' as const].map((method) => ({
        field: 'dryRun',
        options,
        methods: [method],
      })),
    ),
    { field: 'force', options: { force: 'yes' }, methods: ['apply'] },
    ...[null, {}, 'text'].map((signal) => ({
      field: 'signal',
      options: { signal },
      methods: objectMethods,
    })),
    { field: 'preconditions', options: { preconditions: 'text' }, ...deleting },
    { field: 'preconditions.uid', options: { preconditions: { uid: 5 } }, ...deleting },
    {
      field: 'preconditions.resourceVersion',
      options: { preconditions: { resourceVersion: 5 } },
      ...deleting,
    },
    ...['foreground', null, 5].map((propagationPolicy) => ({
      field: 'propagationPolicy',
      options: { propagationPolicy },
      ...deleting,
    })),
    ...['5', -1, 1.5, NaN].map((gracePeriodSeconds) => ({
      field: 'gracePeriodSeconds',
      options: { gracePeriodSeconds },
      ...deleting,
    })),
    ...[null, 5, 'text', { ...lab.configMapId(''), name: '' }].map((of) => ({
      field: 'of',
      options: { of, subresource: 'status' },
      methods: bodies,
    })),
  ];
}

function wrongSubresources(lab: Lab): WrongInput[] {
  return [
    { field: 'of', options: { of: lab.configMapId('a') }, methods: bodies },
    ...['', '.', '..', 'a/b', '../a', 'a%2Fb', '\ud800', 5, null].map((subresource) => ({
      field: 'subresource',
      options: { subresource },
      methods: [...writes, 'get' as const],
    })),
  ];
}

/** That every method refuses it, and that nothing changes. */
async function checkRefusals(lab: Lab, inputs: readonly WrongInput[]): Promise<void> {
  const client = await lab.client();
  const before = await lab.put('a', { data: { a: '1' } });
  for (const input of inputs) {
    for (const method of input.methods ?? objectMethods) {
      const error = await lab.rejection(
        () => callWith(client, lab, method, input),
        'ERR_INVALID_INPUT',
      );
      assert.ok(
        error.message.startsWith(`${input.field}: `),
        `${method}: ${input.field} must be what this is about: ${error.message}`,
      );
    }
  }
  assert.deepEqual(await lab.names(lab.configMaps()), ['a']);
  const after = await lab.stored('a');
  assert.equal(after?.metadata?.resourceVersion, before.metadata?.resourceVersion);
}

function callWith(
  client: ObjectClient,
  lab: Lab,
  method: (typeof objectMethods)[number],
  input: WrongInput,
): Promise<unknown> {
  const object = ('object' in input ? input.object : lab.configMap('a')) as KubernetesObject;
  const patch = ('patch' in input ? input.patch : { data: { a: '2' } }) as object;
  const options = withManager(method, input) as never;
  const id: ObjectIdentifier = lab.configMapId('a');
  switch (method) {
    case 'get':
      return client.get(id, options);
    case 'patch':
      return client.patch(id, patch, options);
    case 'delete':
      return client.delete(id, options);
    default:
      return client[method](object, options);
  }
}

/** The options as they are to be given; what has none of its own wrong is applied by somebody. */
function withManager(method: string, input: WrongInput): unknown {
  if (!('options' in input)) return method === 'apply' ? { fieldManager: 'conformance' } : {};
  const { options } = input;
  if (method !== 'apply' || typeof options !== 'object' || options === null) return options;
  return { fieldManager: 'conformance', ...options };
}
