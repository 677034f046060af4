import { createFakeTransport } from '@depwatch/testing';
import { expect, test } from 'vitest';
import { createController } from '../src/index.ts';

const good = {
  kind: { version: 'v1', kind: 'ConfigMap' },
  transport: createFakeTransport(),
  reconcile: (): void => {},
};
const { discover, list, watch } = good.transport;

test.each([
  ['options', undefined],
  ['kind', {}],
  ['kind', { kind: { kind: 'ConfigMap' } }],
  ['kind', { kind: { ...good.kind, name: 'a' } }],
  ['namespaces', { namespaces: [] }],
  ['namespaces', { namespaces: ['a', ''] }],
  ['selector', { selector: '=' }],
  ['selector', { selector: 1 }],
  ['reconcile', { reconcile: undefined }],
  ['removed', { removed: true }],
  ['owns', { owns: good.kind }],
  ['owns[0]', { owns: [{}] }],
  ['finalizer.name', { finalizer: { name: 'widgets', run: good.reconcile } }],
  ['finalizer.name', { finalizer: { name: 'Example.com/a', run: good.reconcile } }],
  ['finalizer.run', { finalizer: { name: 'example.com/widgets' } }],
  ['wakeOn', { wakeOn: 'spec' }],
  ['fieldManager', { fieldManager: '' }],
  ['fieldManager', { fieldManager: 'x'.repeat(64) }],
  ['fieldManager', { fieldManager: 'my controller' }],
  ['transport', { transport: { discover, list, watch } }],
  ['kubeConfig, transport', { kubeConfig: {} }],
  ['kubeConfig', { kubeConfig: 'text', transport: undefined }],
  ['maxConcurrentReconciles', { maxConcurrentReconciles: 0 }],
])('%s: what is wrong with it is said (%#)', (option, wrong) => {
  const options =
    option === 'options' || (option === 'kind' && Object.keys(wrong!).length === 0)
      ? wrong
      : { ...good, ...wrong };
  expect(() => createController(options as never)).toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_INPUT',
      message: expect.stringMatching(
        new RegExp(
          `^${option.replaceAll(/[[\]]/g, '\\$&')}\\b|^${option.replaceAll(/[[\]]/g, '\\$&')}:`,
        ),
      ) as string,
    }),
  );
});

test('what is right is taken', () => {
  createController(good);
  createController({
    ...good,
    finalizer: { name: 'example.com/a_b.C', run: () => {} },
    wakeOn: 'any',
    selector: '',
  });
});
