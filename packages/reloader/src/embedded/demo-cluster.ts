import type { KubernetesObject, ObjectClient, ObjectIdentifier } from '@depwatch/controller';

import { reloadAnnotation } from '../opt-in.ts';
import { demoNamespace, seed, type Pod } from './seed.ts';

type Data = { readonly [key: string]: string };
type ConfigMap = KubernetesObject & { data?: Data };

/** What is done to the demo's cluster by its administrator; nothing of it knows of the reloader. */
export class DemoCluster {
  readonly #admin: ObjectClient;
  readonly #removed = new Map<string, Data>();

  constructor(admin: ObjectClient) {
    this.#admin = admin;
  }

  /** Makes all that the demo begins with. */
  async seed(): Promise<void> {
    for (const object of seed) await this.#admin.create(object);
  }

  /** Changes some keys of a ConfigMap. */
  setData(name: string, data: Data): Promise<void> {
    return this.#patch('ConfigMap', name, { data });
  }

  /** Changes labels of a ConfigMap. */
  label(name: string, labels: Data): Promise<void> {
    return this.#patch('ConfigMap', name, { metadata: { labels } });
  }

  /** Changes some keys of a Secret. */
  setSecret(name: string, stringData: Data): Promise<void> {
    return this.#patch('Secret', name, { stringData });
  }

  /** Changes the pod template of a Deployment. */
  setPod(name: string, spec: Pod): Promise<void> {
    return this.#patch('Deployment', name, { spec: { template: { spec } } });
  }

  /** Sets the annotation by which a DaemonSet takes part. */
  optIn(name: string, value: string): Promise<void> {
    return this.#patch('DaemonSet', name, {
      metadata: { annotations: { [reloadAnnotation]: value } },
    });
  }

  /** Deletes a ConfigMap, and keeps its data for {@link restore}. */
  async remove(name: string): Promise<void> {
    const id = idOf('ConfigMap', name);
    const { data = {} } = (await this.#admin.get<ConfigMap>(id)) ?? {};
    this.#removed.set(name, data);
    await this.#admin.delete(id);
  }

  /** Makes a ConfigMap again as it was, but for `data`. */
  async restore(name: string, data: Data): Promise<void> {
    await this.#admin.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: demoNamespace, name },
      data: { ...this.#removed.get(name), ...data },
    });
  }

  async #patch(kind: string, name: string, patch: object): Promise<void> {
    await this.#admin.patch(idOf(kind, name), patch);
  }
}

function idOf(kind: string, name: string): ObjectIdentifier {
  const isCore = kind === 'ConfigMap' || kind === 'Secret';
  return { ...(!isCore && { group: 'apps' }), version: 'v1', kind, namespace: demoNamespace, name };
}
