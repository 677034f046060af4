import type { ComparisonCase } from './comparison-cases.ts';
import { definition, definitions, established, ok, said, specOf } from './definition-kit.ts';

/** Definitions of several versions, and of names that others have. */
export const versionCases: readonly ComparisonCase[] = [
  {
    name: 'several versions with schemas of their own',
    async run(context) {
      const { client, namespace } = context;
      const group = `${namespace}.example.com`;
      const of = (properties: object) => ({ schema: { openAPIV3Schema: specOf(properties) } });
      const body = definition(namespace, undefined);
      body.spec.versions = [
        {
          name: 'v1',
          served: true,
          storage: true,
          ...of({
            size: { type: 'integer' },
            shared: { type: 'string', default: 'one' },
            first: { type: 'string' },
          }),
        },
        {
          name: 'v2',
          served: true,
          storage: false,
          ...of({
            size: { type: 'string' },
            shared: { type: 'string', default: 'two' },
            second: { type: 'string' },
          }),
        },
        { name: 'v3', served: false, storage: false, ...of({}) },
      ];
      const created = await client.post(definitions, body);
      await established(context);
      const at = (version: string) => `/apis/${group}/${version}/namespaces/${namespace}/widgets`;
      const widget = (version: string, name: string, spec: object) => ({
        apiVersion: `${group}/${version}`,
        kind: 'Widget',
        metadata: { name },
        spec,
      });
      const answers = [
        said(created),
        said(await client.post(at('v1'), widget('v1', 'a', { size: 1, first: 'x', second: 'y' }))),
        said(
          await client.post(at('v2'), widget('v2', 'b', { size: '1', first: 'x', second: 'y' })),
        ),
        said(await client.post(at('v2'), widget('v2', 'c', { size: 1 }))),
        said(await client.post(at('v3'), widget('v3', 'd', {}))),
        said(await client.get(at('v1'))),
        said(await client.get(at('v2'))),
        said(await client.patch(`${at('v2')}/a`, { metadata: { labels: { a: 'b' } } })),
        said(await client.patch(`${at('v2')}/a`, { spec: { second: 'z' } })),
        said(await client.get(`${at('v1')}/a`)),
      ];
      const { body: stored } = await client.get(`${definitions}/widgets.${group}`);
      stored.spec.versions[0].storage = false;
      stored.spec.versions[1].storage = true;
      const moved = await client.put(`${definitions}/widgets.${group}`, stored);
      answers.push([moved.status, moved.body.status.storedVersions]);
      const { body: again } = await client.get(`${definitions}/widgets.${group}`);
      again.spec.versions.shift();
      const removed = await client.put(`${definitions}/widgets.${group}`, again);
      answers.push(said(removed));
      await new Promise((resolve) => setTimeout(resolve, 500));
      answers.push(
        said(await client.get(`${at('v1')}/a`)),
        said(await client.get(`/apis/${group}`)),
      );
      return answers;
    },
  },
  {
    name: 'names that are taken, and that become free',
    async run(context) {
      const { client, namespace } = context;
      const group = `${namespace}.example.com`;
      const first = definition(namespace, ok, {
        names: { shortNames: ['w'], categories: ['all'] },
      });
      const second = definition(namespace, ok, {
        names: { plural: 'gadgets', singular: 'widget', kind: 'Widget', shortNames: ['w'] },
      });
      second.metadata.name = `gadgets.${group}`;
      await client.post(definitions, first);
      await established(context);
      const statusOf = async (name: string, until: (status: any) => boolean): Promise<unknown> => {
        for (;;) {
          const { body } = await client.get(`${definitions}/${name}`);
          if (until(body.status)) return body.status;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      const posted = await client.post(definitions, second);
      const conflicting = await statusOf(
        second.metadata.name,
        ({ conditions }) => conditions?.length > 0,
      );
      const unserved = await client.get(`/apis/${group}/v1/gadgets`);
      await client.delete(`${definitions}/${first.metadata.name}`);
      const free = await statusOf(second.metadata.name, ({ conditions }) =>
        conditions?.some(({ type, status }: any) => type === 'Established' && status === 'True'),
      );
      const { body: stored } = await client.get(`${definitions}/${second.metadata.name}`);
      stored.spec.names.kind = 'Other';
      stored.spec.scope = 'Cluster';
      const renamed = await client.put(`${definitions}/${second.metadata.name}`, stored);
      return [said(posted), conflicting, said(unserved), free, said(renamed)];
    },
  },
];
