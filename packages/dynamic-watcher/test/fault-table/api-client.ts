import { once } from 'node:events';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubernetesObject } from '@depwatch/core';
import { KubeConfig } from '@kubernetes/client-node';
import type { IncomingMessage } from 'node:http';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly body: KubernetesObject & Record<string, unknown>;
}

/** A user of an API server who writes and asks, beside the watches and by connections of its own. */
export class ApiClient {
  readonly #url: string;
  readonly #certificateAuthority: string;
  readonly #token: string;

  constructor(kubeConfig: string) {
    const config = new KubeConfig();
    config.loadFromString(kubeConfig);
    this.#url = config.getCurrentCluster()!.server;
    this.#certificateAuthority = Buffer.from(
      config.getCurrentCluster()!.caData!,
      'base64',
    ).toString();
    this.#token = config.getCurrentUser()!.token!;
  }

  async ask(method: string, path: string, body?: object): Promise<Answer> {
    const patch = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const call = request(this.#url + path, {
      method,
      ca: this.#certificateAuthority,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': patch },
      agent: false,
    });
    call.end(body && JSON.stringify(body));
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const answer = await text(response);
    // A group that there is not is answered in plain words.
    const isJson = response.headers['content-type']?.startsWith('application/json');
    return {
      status: response.statusCode!,
      body: (isJson ? JSON.parse(answer) : { message: answer }) as Answer['body'],
    };
  }

  /** Creates the object, or changes the one of its name. */
  async put(object: KubernetesObject, plural?: string): Promise<KubernetesObject> {
    const patched = await this.ask('PATCH', pathOf(object, plural), object);
    if (patched.status !== 404) return accepted(patched);
    const collection = pathOf(object, plural).replace(/\/[^/]*$/, '');
    return accepted(await this.ask('POST', collection, object));
  }

  async remove(object: KubernetesObject, plural?: string): Promise<void> {
    accepted(await this.ask('DELETE', pathOf(object, plural)));
  }
}

function accepted({ status, body }: Answer): KubernetesObject {
  if (status >= 300) throw new Error(`${status}: ${String(body['message'])}`);
  return body;
}

function pathOf({ apiVersion, kind, metadata }: KubernetesObject, plural?: string): string {
  const group = apiVersion!.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata?.namespace ? `/namespaces/${metadata.namespace}` : '';
  const resource = plural ?? `${kind!.toLowerCase()}s`;
  return `${group}${namespace}/${resource}/${encodeURIComponent(metadata!.name!)}`;
}
