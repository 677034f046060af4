import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type ApiServer, startApiServer } from '../../src/index.ts';
import { duplicateFields } from '../../src/api-server/http/duplicate-fields.ts';
import { definition, inSpec, ok, specOf, withStatus } from './definition-kit.ts';

const group = 'test.example.com';

describe('objects of definitions', () => {
  let server: ApiServer;

  beforeEach(async () => {
    server = await startApiServer();
  });
  afterEach(() => server.stop());

  function define(schema: object, more: Record<string, unknown> = {}): void {
    server.objects.create(definition('test', schema, more));
  }

  function create(spec: object, name = 'w', more: object = {}): any {
    const metadata = { name, namespace: 'default' };
    return server.objects.create({
      apiVersion: `${group}/v1`,
      kind: 'Widget',
      metadata,
      spec,
      ...more,
    });
  }

  it('a word in place of an integer is refused', () => {
    define(specOf({ size: { type: 'integer' } }));
    expect(() => create({ size: 'big' })).toThrow(
      'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    );
    expect(create({ size: 1 }).spec).toEqual({ size: 1 });
  });

  it('fields without a schema go, and defaults come', () => {
    define(specOf({ size: { type: 'integer', default: 3 } }));
    expect(create({ colour: 'red' }).spec).toEqual({ size: 3 });
  });

  it('a default that came later shows in what was stored before', () => {
    define(specOf({}));
    create({});
    const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
    const stored = server.objects.get<any>({ ...crd, name: `widgets.${group}` });
    server.objects.apply({
      ...structuredClone(stored),
      spec: definition('test', specOf({ size: { type: 'integer', default: 3 } })).spec,
    });
    const found = create({}, 'new');
    expect(found.spec).toEqual({ size: 3 });
    const reference = { apiVersion: `${group}/v1`, kind: 'Widget', namespace: 'default' };
    expect(server.objects.get<any>({ ...reference, name: 'w' })!.spec).toEqual({ size: 3 });
  });

  it('a definition without a schema, or with one that is not structural, is refused', () => {
    expect(() => define(undefined!)).toThrow('schema.openAPIV3Schema: Required value');
    expect(() => define(inSpec({ minimum: 1 }))).toThrow('must not be empty for specified object');
  });

  it('a definition without a storage version is refused', () => {
    expect(() => define(ok, { version: { storage: false } })).toThrow(
      'must have exactly one version marked as storage version, status.storedVersions',
    );
  });

  it('conversion webhooks are refused, since nothing would call them', () => {
    const conversion = { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'] } };
    expect(() => define(ok, { spec: { conversion } })).toThrow('use None');
  });

  it('rules are kept, also those that look back', () => {
    const fixed = { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] };
    define(specOf({ fixed, size: { type: 'integer' } }));
    const first = create({ fixed: 'a', size: 1 });
    const changed = { ...first, spec: { fixed: 'b', size: 1 } };
    expect(() => server.objects.apply(changed)).toThrow('failed rule: self == oldSelf');
    expect(server.objects.apply<any>({ ...first, spec: { fixed: 'a', size: 2 } }).spec.size).toBe(
      2,
    );
  });

  it('a rule with a function that there is not is refused with its definition', () => {
    const ruled = { type: 'string', 'x-kubernetes-validations': [{ rule: 'url(self).isFine()' }] };
    expect(() => define(specOf({ a: ruled }))).toThrow('compilation failed');
  });

  it('hostile keys are data', () => {
    define({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
    const spec = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 1}') as object;
    expect(JSON.stringify(create(spec).spec)).toBe('{"__proto__":{"polluted":1},"constructor":1}');
    expect(({} as any).polluted).toBeUndefined();
  });

  it('a status has its own subresource, with its own checks', () => {
    define(specOf({}), { version: withStatus });
    expect(create({}, 'w', { status: { ready: 1 } }).status).toBeUndefined();
  });
});

describe('fields that a body has twice', () => {
  it.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":{"b":1,"b":2},"c":{"b":1}}', ['a.b']],
    ['{"a":[{"b":1},{"b":1,"b":2}]}', ['a[1].b']],
    ['{"a":"{\\"b\\":1,\\"b\\":2}","b":1}', []],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['["a","a"]', []],
    ['{"a":"a","b":"a"}', []],
    ['not json', []],
  ])('%s', (text, paths) => {
    expect(duplicateFields(text)).toEqual(paths);
  });
});
