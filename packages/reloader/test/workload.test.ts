import type { Cached } from '@depwatch/controller';
import { describe, expect, it } from 'vitest';

import { formatReference } from '../src/references.ts';
import {
  interestOf,
  recordPatch,
  rolledAnnotation,
  rolledValue,
  rolledWorkload,
  templateHashOf,
} from '../src/workload.ts';
import type { Workload as WholeWorkload } from '../src/workload.ts';

type Workload = Cached<WholeWorkload>;

const workload = (reload: string | undefined, ...names: string[]): Workload => ({
  metadata: {
    name: 'w',
    namespace: 'n',
    resourceVersion: '7',
    ...(reload !== undefined && { annotations: { 'depwatch.dev/reload': reload } }),
  },
  spec: {
    template: {
      spec: { containers: [{ envFrom: names.map((name) => ({ configMapRef: { name } })) }] },
    },
  },
});
const idsOf = (one: Workload, all = false) => interestOf(one, all)?.references.map(formatReference);

describe('interestOf', () => {
  it('is undefined for a workload that takes no part', () => {
    expect(interestOf(workload(undefined, 'a'), false)).toBeUndefined();
    expect(interestOf(workload('off', 'a'), true)).toBeUndefined();
  });

  it('is all that the pod template names, or what is listed of it', () => {
    expect(idsOf(workload('auto', 'a', 'b'))).toStrictEqual(['configmap/a', 'configmap/b']);
    expect(idsOf(workload(undefined, 'a', 'b'), true)).toStrictEqual([
      'configmap/a',
      'configmap/b',
    ]);
    expect(idsOf(workload('configmap/b', 'a', 'b'))).toStrictEqual(['configmap/b']);
  });

  it('takes the annotation of the pod template where the workload has none of its own', () => {
    const onTemplate = (own: string | undefined, reload: string): Workload => {
      const { metadata, spec } = workload(own, 'a', 'b');
      const annotations = { 'depwatch.dev/reload': reload };
      return {
        metadata: metadata!,
        spec: { template: { ...spec!.template, metadata: { annotations } } },
      };
    };
    expect(idsOf(onTemplate(undefined, 'configmap/b'))).toStrictEqual(['configmap/b']);
    expect(idsOf(onTemplate(undefined, 'off'), true)).toBeUndefined();
    expect(idsOf(onTemplate('auto', 'off'))).toStrictEqual(['configmap/a', 'configmap/b']);
  });

  it('tells of what is listed and not used', () => {
    const interest = interestOf(workload('configmap/a,secret/a', 'a'), false);
    expect(interest?.problems).toStrictEqual([
      'depwatch.dev/reload lists secret/a, which the pod template does not name',
    ]);
  });

  it('tells of names that cannot exist and does not watch them', () => {
    const interest = interestOf(workload('auto', '..', '../x', 'ok'), false);
    expect(interest?.references.map(formatReference)).toStrictEqual(['configmap/ok']);
    expect(interest?.problems).toStrictEqual([
      'the pod template names "configmap/..", which cannot exist',
      'the pod template names "configmap/../x", which cannot exist',
    ]);
  });

  it('is empty for a workload without a pod template or with one that names nothing', () => {
    expect(idsOf(workload('auto'))).toStrictEqual([]);
    expect(idsOf({}, true)).toStrictEqual([]);
  });
});

describe('the patch', () => {
  it('sets the record alone, guarded by the version', () => {
    expect(recordPatch(workload('auto'), '{}')).toStrictEqual({
      metadata: { resourceVersion: '7', annotations: { 'depwatch.dev/hash': '{}' } },
    });
  });

  it('or the record and the pod template at once', () => {
    expect(recordPatch(workload('auto'), '{}', 'now')).toStrictEqual({
      metadata: { resourceVersion: '7', annotations: { 'depwatch.dev/hash': '{}' } },
      spec: { template: { metadata: { annotations: { 'depwatch.dev/rolled': 'now' } } } },
    });
  });

  it('never sets the pod template to what it is', () => {
    const first = rolledValue(workload('auto'), 0, ['configmap/a']);
    expect(first).toBe('1970-01-01T00:00:00.000Z configmap/a');
    const rolled: Workload = {
      spec: { template: { metadata: { annotations: { [rolledAnnotation]: first } } } },
    };
    expect(rolledValue(rolled, 0, ['configmap/a'])).toBe('1970-01-01T00:00:00.001Z configmap/a');
  });
});

describe('the hash of a pod template', () => {
  it('is that of what it says, in whatever order, and of nothing beside it', () => {
    const { spec } = workload('auto', 'a');
    const reordered = JSON.parse('{"b":1,"a":{"d":2,"c":[3,4]}}') as never;
    const ordered = JSON.parse('{"a":{"c":[3,4],"d":2},"b":1}') as never;
    expect(templateHashOf({ spec: { template: reordered } })).toBe(
      templateHashOf({ spec: { template: ordered } }),
    );
    expect(templateHashOf({ spec: spec! })).toBe(templateHashOf(workload('off', 'a')));
    expect(templateHashOf({ spec: spec! })).not.toBe(templateHashOf(workload('auto', 'b')));
  });

  it('of a workload that is rolled is known before it is', () => {
    const rolled = rolledWorkload(workload('auto', 'a'), 'now');
    expect(rolled.spec?.template?.metadata?.annotations).toStrictEqual({
      [rolledAnnotation]: 'now',
    });
    expect(rolled.spec?.template?.spec).toStrictEqual(workload('auto', 'a').spec?.template?.spec);
    expect(templateHashOf(rolled)).not.toBe(templateHashOf(workload('auto', 'a')));
  });
});
