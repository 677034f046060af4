import type { ComparisonCase, ComparisonContext } from './comparison-cases.ts';
import type { RawAnswer } from './raw-client.ts';

export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const withStatus = { subresources: { status: {} } };

/** A definition of widgets in a group of the case's own. */
export function definition(
  namespace: string,
  schema: unknown,
  more: Record<string, unknown> = {},
): any {
  const group = `${namespace}.example.com`;
  const { version = {}, spec = {}, names = {} } = more as Record<string, object>;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', ...names },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          ...(schema !== undefined && { schema: { openAPIV3Schema: schema } }),
          ...version,
        },
      ],
      ...spec,
    },
  };
}

/** An answer's parts that say what was decided. */
export function said({ status, text, headers }: RawAnswer): unknown {
  const warnings = headers['warning'];
  // A strict patch is refused with the whole object, versions and all.
  const shown = text.replace(
    /(patch: Invalid value: |"message":"Invalid value: )\\"\{.*?\}\\":/g,
    '$1',
  );
  return { status, body: parsed(shown), ...(warnings !== undefined && { warnings }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export async function established(
  { client, namespace }: ComparisonContext,
  path = `/apis/${namespace}.example.com/v1/widgets`,
): Promise<void> {
  while ((await client.get(path)).status !== 200) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether a definition is accepted, and what is said of it; nothing is stored. */
export function refusals(
  name: string,
  changes: Readonly<Record<string, unknown>>,
): ComparisonCase[] {
  return Object.entries(changes).map(([what, change]) => ({
    name: `${name}: ${what}`,
    async run({ client, namespace }) {
      const { schema, ...more } = change as Record<string, unknown>;
      const body = definition(namespace, schema, more);
      const answer = await client.post(`${definitions}?dryRun=All`, body);
      return said(answer);
    },
  }));
}

export interface Request {
  readonly method?: string;
  readonly name?: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly type?: string;
  readonly text?: string;
}

/** What becomes of objects of one schema, one request after the other. */
export function objects(
  name: string,
  schema: unknown,
  requests: readonly (Request | ((context: ComparisonContext) => Promise<void>))[],
  more: Record<string, unknown> = {},
): ComparisonCase {
  return {
    name,
    async run(context) {
      const { client, namespace } = context;
      const created = await client.post(definitions, definition(namespace, schema, more));
      if (created.status !== 201) return said(created);
      await established(context);
      const group = `${namespace}.example.com`;
      const answers: unknown[] = [];
      for (const request of requests) {
        if (typeof request === 'function') {
          await request(context);
          continue;
        }
        const { method = 'POST', body = {}, path = '', type = 'application/json' } = request;
        const named = request.name ?? 'w';
        const whole = {
          apiVersion: `${group}/v1`,
          kind: 'Widget',
          metadata: { name: named },
          ...(body as object),
        };
        const home = `/apis/${group}/v1/namespaces/${namespace}/widgets`;
        const isWhole = method === 'POST' || method === 'PUT';
        const url = `${home}${method === 'POST' ? '' : `/${named}`}${path}`;
        if (method === 'PUT') {
          const { body: stored } = await client.get(`${home}/${named}`);
          const { resourceVersion } = stored.metadata;
          whole.metadata = { ...whole.metadata, resourceVersion } as typeof whole.metadata;
        }
        const sent = request.text?.replaceAll('{group}', group) ?? (isWhole ? whole : body);
        const answer = await client.request(
          method,
          url,
          method === 'GET' || method === 'DELETE' ? {} : { body: sent, contentType: type },
        );
        answers.push([method, path, body, said(answer)]);
      }
      return answers;
    },
  };
}

export const specOf = (properties: object, more: object = {}) => ({
  type: 'object',
  properties: {
    spec: { type: 'object', properties, ...more },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
});

export const post = (spec: unknown, name = 'w'): Request => ({ body: { spec }, name });
export const merge = 'application/merge-patch+json';
export const patch = (spec: unknown, name = 'w'): Request => ({
  method: 'PATCH',
  type: merge,
  body: { spec },
  name,
});

export const ok = { type: 'object' };
export const inSpec = (schema: unknown) => ({
  type: 'object',
  properties: { spec: { type: 'object', properties: { a: schema } } },
});

/** A schema with one rule on its spec. */
export function ruled(rule: object): object {
  return {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer', default: 7 },
          a: { type: 'string', maxLength: 10 },
          list: { type: 'array', maxItems: 3, items: { type: 'string', maxLength: 10 } },
        },
        'x-kubernetes-validations': [rule],
      },
    },
  };
}

/** Gives the definition of a case another schema, and waits until the server goes by it. */
export function changeSchema(schema: object): (context: ComparisonContext) => Promise<void> {
  return async ({ client, namespace }) => {
    const path = `${definitions}/widgets.${namespace}.example.com`;
    const marked = { ...schema, description: 'changed' };
    const change = [
      { op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema', value: marked },
    ];
    const { status, text } = await client.patch(path, change, 'json');
    if (status !== 200) throw new Error(text);
    // The real server takes a moment to serve by the new schema, and doesn't say when it does.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  };
}
