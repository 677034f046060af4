import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

const lookMs = 50;
const looks = 200;
const rbac = 'rbac.authorization.k8s.io';

/** What a service account may do with ConfigMaps. */
export interface Rights {
  /** Its name. */
  readonly name: string;
  /** Default: list, watch and patch. */
  readonly verbs?: readonly string[];
  /** In all namespaces; default in its own. */
  readonly everywhere?: boolean;
  /** Only those of these names; default all. */
  readonly resourceNames?: readonly string[];
  /** Whether it may do with Leases, in the same namespaces, what replicas do; default no. */
  readonly leases?: boolean;
}

/**
 * Makes a service account in a namespace that there is, with rights to ConfigMaps, and resolves with its kubeconfig once it has
 * them. Its requests are subject to priority and fairness, as those of a controller in a cluster.
 *
 * @param kubeConfig the administrator's
 */
export async function createServiceAccount(
  kubeConfig: string,
  namespace: string,
  {
    name,
    verbs = ['list', 'watch', 'patch'],
    everywhere = false,
    resourceNames,
    leases = false,
  }: Rights,
): Promise<string> {
  const post = (path: string, body: object) => call(kubeConfig, 'POST', path, body);
  const metadata = { name, namespace };
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const [scope, role] = everywhere ? ['', 'ClusterRole'] : [`/namespaces/${namespace}`, 'Role'];
  const roles = `/apis/${rbac}/v1${scope}/${role.toLowerCase()}`;
  await post(accounts, { metadata });
  const own = everywhere ? { name } : metadata;
  const rule = {
    apiGroups: [''],
    resources: ['configmaps'],
    verbs,
    ...(resourceNames && { resourceNames }),
  };
  const forLeases = {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['list', 'watch', 'create', 'update', 'delete'],
  };
  await post(`${roles}s`, { metadata: own, rules: [rule, ...(leases ? [forLeases] : [])] });
  await post(`${roles}bindings`, {
    metadata: own,
    roleRef: { apiGroup: rbac, kind: role, name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
  const issued = await post(`${accounts}/${name}/token`, {
    spec: { expirationSeconds: 24 * 60 * 60 },
  });
  const { token } = (JSON.parse(issued) as { status: { token: string } }).status;
  const { users, ...rest } = JSON.parse(kubeConfig);
  const account = JSON.stringify({ ...rest, users: [{ ...users[0], user: { token } }] });
  // The server hears of its own new rights by a watch.
  const [first] = resourceNames ?? [];
  const query = first === undefined ? '' : `&fieldSelector=metadata.name=${first}`;
  const list = `/api/v1/namespaces/${namespace}/configmaps?limit=1${query}`;
  for (let look = 1; ; look++) {
    try {
      await call(account, 'GET', list);
      return account;
    } catch (error) {
      if (look === looks) throw error;
      await sleep(lookMs);
    }
  }
}

/**
 * Sends one request, and resolves with the text of the answer.
 *
 * @throws Error when it is refused
 */
export function call(
  kubeConfig: string,
  method: string,
  path: string,
  body?: object,
): Promise<string> {
  const { clusters, users } = JSON.parse(kubeConfig);
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  return new Promise((resolve, reject) => {
    const sent = request(`${server}${path}`, {
      method,
      ca: Buffer.from(ca, 'base64'),
      agent: false,
      headers: {
        authorization: `Bearer ${users[0].user.token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
    });
    sent.once('error', reject).once('response', (response) => {
      response
        .setEncoding('utf8')
        .toArray()
        .then((chunks) => {
          const text = chunks.join('');
          if (response.statusCode! < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        }, reject);
    });
    sent.end(body && JSON.stringify(body));
  });
}
