import { setTimeout } from 'node:timers/promises';

import type { Step } from './field-management-cases.ts';
import { mask } from './masking.ts';
import { type RawAnswer, RawClient } from './raw-client.ts';

/** Puts the requests of a case to a server, and tells what it said in a form that can be compared. */
export class FieldManagementRun implements AsyncDisposable {
  readonly #client: RawClient;

  constructor(kubeConfig: string) {
    this.#client = new RawClient(kubeConfig);
  }

  /** Puts definitions, and resolves when the server serves what they define. */
  async define(definitions: readonly any[]): Promise<void> {
    for (const definition of definitions) {
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      await this.#client.post(`${path}?fieldManager=definer`, definition);
      const { group, names } = definition.spec;
      const served = `/apis/${group}/v1/namespaces/default/${names.plural}`;
      while ((await this.#client.get(served)).status !== 200) await setTimeout(50);
    }
  }

  /** What is answered to each request, managedFields and whether the version moved included. */
  async answers(steps: readonly Step[], namespace: string): Promise<string> {
    await this.#client.post('/api/v1/namespaces', { metadata: { name: namespace } });
    const versions = new Map<string, string>();
    const answers: unknown[] = [];
    for (const step of steps) {
      const { status, body } = await this.#send(step, namespace);
      const { uid, resourceVersion } = body?.metadata ?? {};
      const moved = versions.get(uid) !== resourceVersion;
      versions.set(uid, resourceVersion);
      answers.push({
        request: `${step.method} ${step.path}`,
        status,
        moved,
        body: comparable(body),
      });
    }
    // Addresses and ports of services are taken at random.
    return mask(answers, namespace)
      .replace(/"10\.\d+\.\d+\.\d+"/g, '"<address>"')
      .replace(/"nodePort": \d+/g, '"nodePort": "<port>"');
  }

  async #send(step: Step, namespace: string): Promise<RawAnswer> {
    const { method, body, change, type, userAgent = 'agent/1.0' } = step;
    const path = step.path.replaceAll('{ns}', namespace);
    const sent = change ? change((await this.#client.get(path.split('?')[0]!)).body) : body;
    return await this.#client.request(method, path, {
      ...(sent !== undefined && {
        body:
          typeof sent === 'string'
            ? sent
            : (JSON.parse(JSON.stringify(sent).replaceAll('{ns}', namespace)) as unknown),
      }),
      ...(type && { contentType: type }),
      userAgent,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}

/**
 * managedFields byte for byte, but for their times and the order that comes from these; causes in an order of their own,
 * since the real server has none. Where a YAML parser stops is its own affair.
 */
function comparable(body: any): unknown {
  const managedFields = body?.metadata?.managedFields as object[] | undefined;
  const causes = body?.details?.causes as { message: string; field: string }[] | undefined;
  return {
    ...body,
    ...(body?.metadata?.generateName && { metadata: { ...body.metadata, name: '<generated>' } }),
    ...(typeof body?.message === 'string' && {
      message: body.message.replace(/(error converting YAML to JSON: yaml: ).*/s, '$1<reason>'),
    }),
    ...(causes && {
      details: {
        ...body.details,
        causes: causes.toSorted((a, b) =>
          `${a.message} ${a.field}` < `${b.message} ${b.field}` ? -1 : 1,
        ),
      },
    }),
    ...(managedFields && {
      managers: managedFields
        .map((entry) => JSON.stringify('time' in entry ? { ...entry, time: '<time>' } : entry))
        .sort(),
    }),
  };
}
