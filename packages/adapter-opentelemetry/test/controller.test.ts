import type { KubernetesObject } from '@depwatch/core';
import { createController } from '@depwatch/controller';
import { createFakeTransport } from '@depwatch/testing';
import { SpanKind } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { startTracing, textOf, useContext } from './harness.ts';

useContext();

const secret = 'correct horse';

/** A controller of Deployments that reads a Secret and applies a ConfigMap, and one that reads these ConfigMaps. */
it('shows what a reconcile of a controller reads and writes, and links whom that wakes to it', async () => {
  const { telemetry, spans, named } = startTracing({ objectNames: true });
  const metadata = { name: 'web', namespace: 'shop' };
  const fake = createFakeTransport({
    objects: [
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata },
      { apiVersion: 'v1', kind: 'Service', metadata },
      { apiVersion: 'v1', kind: 'Secret', metadata, data: { password: secret } } as object,
    ],
  });
  const common = { transport: fake, clock: fake.clock };
  const read = (kind: string) => ({ version: 'v1', kind, ...metadata });
  await using writer = createController<KubernetesObject & { status?: { replicas?: number } }>({
    ...common,
    kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
    reconcile: telemetry.wrap(async (_object, context) => {
      await context.get(read('Secret'));
      await context.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
      await context.client.get(read('ConfigMap'));
      await context.patchStatus({ replicas: 1 });
    }),
  });
  await using reader = createController({
    ...common,
    kind: { version: 'v1', kind: 'Service' },
    reconcile: telemetry.wrap(
      async (_object, context) => void (await context.get(read('ConfigMap'))),
    ),
  });
  for (const controller of [reader, writer]) {
    await controller.start();
    await fake.clock.advance(2000);
  }
  const [reconcile] = named('reconcile Deployment');
  const children = spans().filter(
    ({ parentSpanContext }) => parentSpanContext?.spanId === reconcile!.spanContext().spanId,
  );
  expect(children.map(({ name, kind }) => [name, kind])).toEqual([
    ['get Secret', SpanKind.INTERNAL],
    ['apply ConfigMap', SpanKind.CLIENT],
    ['get ConfigMap', SpanKind.INTERNAL],
    ['patchStatus Deployment', SpanKind.CLIENT],
  ]);
  const woken = named('reconcile Service').at(-1)!;
  expect(woken.attributes['depwatch.causes']).toEqual(['added ConfigMap shop/web']);
  expect(woken.links.map(({ context, attributes }) => [context.spanId, attributes])).toEqual([
    [children[1]!.spanContext().spanId, { 'depwatch.link': 'write' }],
  ]);
  expect(textOf(spans())).not.toContain(secret);
});
