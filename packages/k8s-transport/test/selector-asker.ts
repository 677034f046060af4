import { Agent, request } from 'node:https';

import { KubeConfig } from '@kubernetes/client-node';

/** Asks an API server, with none of the code under test, what it says to label selectors. */
export class SelectorAsker implements Disposable {
  readonly #url: string;
  readonly #headers: { readonly authorization: string };
  readonly #agent: Agent;

  constructor(kubeConfigText: string) {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(kubeConfigText);
    const { server, caData } = kubeConfig.getCurrentCluster()!;
    this.#url = `${server}/api/v1/namespaces/default/configmaps`;
    this.#headers = { authorization: `Bearer ${kubeConfig.getCurrentUser()!.token}` };
    this.#agent = new Agent({ keepAlive: true, maxSockets: 8, ca: Buffer.from(caData!, 'base64') });
  }

  /** The HTTP status of a list with this selector: 200 where it is valid, 400 where it isn't. */
  status(selector: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const url = `${this.#url}?labelSelector=${encodeURIComponent(selector)}`;
      const sent = request(url, { agent: this.#agent, headers: this.#headers }, (response) => {
        response.on('error', reject);
        response.on('end', () => resolve(response.statusCode!));
        response.resume();
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
