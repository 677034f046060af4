import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from './api-client.ts';

interface KubeConfigText {
  users: { user: object }[];
}

/** A service account of a namespace, with its token in a file, as a pod has it. */
export class Account implements AsyncDisposable {
  readonly subject: { readonly kind: string; readonly name: string; readonly namespace: string };
  readonly #folder: string;
  readonly #adminConfig: string;
  readonly #admin: ApiClient;
  #token = '';

  private constructor(namespace: string, adminConfig: string, folder: string) {
    this.subject = { kind: 'ServiceAccount', name: 'watcher', namespace };
    this.#adminConfig = adminConfig;
    this.#admin = new ApiClient(adminConfig);
    this.#folder = folder;
  }

  static async in(namespace: string, adminConfig: string): Promise<Account> {
    const folder = await mkdtemp(join(tmpdir(), 'depwatch-account-'));
    const account = new Account(namespace, adminConfig, folder);
    await account.signIn();
    return account;
  }

  /** The text of a kubeconfig that reads the token from its file. */
  get kubeConfig(): string {
    const config = { tokenFile: this.#tokenFile };
    return this.#kubeConfigOf({ 'auth-provider': { name: 'tokenFile', config } });
  }

  /** A client with the token as it is now. */
  get client(): ApiClient {
    return new ApiClient(this.#kubeConfigOf({ token: this.#token }));
  }

  /** Creates the account, and has a token issued. */
  async signIn(): Promise<void> {
    const { kind, ...metadata } = this.subject;
    await this.#admin.put({ apiVersion: 'v1', kind, metadata });
    const { body } = await this.#admin.ask('POST', `${this.#path}/token`, { spec: {} });
    this.#token = (body['status'] as { token: string }).token;
    await writeFile(this.#tokenFile, this.#token, { mode: 0o600 });
  }

  async remove(): Promise<void> {
    await this.#admin.ask('DELETE', this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #path(): string {
    return `/api/v1/namespaces/${this.subject.namespace}/serviceaccounts/${this.subject.name}`;
  }

  get #tokenFile(): string {
    return join(this.#folder, 'token');
  }

  #kubeConfigOf(user: object): string {
    const config = JSON.parse(this.#adminConfig) as KubeConfigText;
    config.users[0]!.user = user;
    return JSON.stringify(config);
  }
}
