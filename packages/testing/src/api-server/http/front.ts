import { type ApiObject } from './api-object.ts';
import type { RequestHandler } from './connections.ts';
import { encodeErrorEvent } from './encode.ts';
import { Exchange } from './exchange.ts';
import type { FaultRules, StreamingRefusal } from '../faults/fault-rules.ts';
import { type Attributes, isAllowed, type RbacObjects } from '../auth/rbac.ts';
import type { User } from '../auth/user.ts';
import type { Registry } from '../store/registry.ts';
import type { RequestCounter } from './request-log.ts';
import { parseRequest, type RequestInfo } from './request-info.ts';
import { type Router, sendStatus } from './router.ts';
import { forbidden, internalFailure, StatusError, unauthorized } from './status.ts';
import { storageKey } from '../store/store.ts';
import type { Users } from '../auth/users.ts';

/** What the front hands requests to. */
export interface FrontParts {
  readonly registry: Registry;
  readonly users: Users;
  readonly router: Router;
  readonly rules: FaultRules;
  readonly counter: RequestCounter;
}

/** Where requests come in: counts them, lets faults have their way, asks who it is and what they may. */
export class Front {
  readonly #parts: FrontParts;
  readonly #rbac: RbacObjects;

  constructor(parts: FrontParts) {
    this.#parts = parts;
    this.#rbac = rbacObjects(parts.registry);
  }

  readonly handle: RequestHandler = (request, response) => {
    const exchange = new Exchange(request, response);
    this.#answer(exchange).catch((error: unknown) => {
      if (error instanceof StatusError) sendStatus(exchange, error);
      else
        sendStatus(exchange, internalFailure(error instanceof Error ? error.message : 'unknown'));
    });
  };

  async #answer(exchange: Exchange): Promise<void> {
    const { rules, counter, users, router } = this.#parts;
    const info = parseRequest(exchange.method, exchange.target);
    counter.add(info);
    await rules.beforeAnswer();
    if (rules.hangs(info)) return;
    const refusal = rules.refusal(info);
    if (refusal?.pageStatus !== undefined) {
      exchange.send(refusal.pageStatus, 'text/html', '<html><body>not here</body></html>\n');
      return;
    }
    if (refusal) throw refusal.failure;
    const user = users.authenticate(exchange.headers.authorization);
    if (!user) throw unauthorized();
    this.#authorize(user, info);
    const streaming = rules.streamingRefusal(info);
    if (streaming) {
      refuseStream(exchange, streaming);
      return;
    }
    await router.handle(info, exchange);
  }

  #authorize(user: User, info: RequestInfo): void {
    const { isResource, path, method, group, resource, subresource, namespace, verb } = info;
    const wanted: Attributes = {
      verb: isResource ? verb : method === 'HEAD' ? 'head' : method.toLowerCase(),
      ...(!isResource && { path }),
      group,
      resource,
      subresource,
      namespace,
      name: info.authorizedName,
    };
    if (isAllowed(user, wanted, this.#rbac)) return;
    const who = `User ${JSON.stringify(user.name)} cannot ${wanted.verb}`;
    if (!isResource) throw forbidden(undefined, '', `${who} path ${JSON.stringify(path)}`);
    const what = subresource ? `${resource}/${subresource}` : resource;
    const where = namespace
      ? `in the namespace ${JSON.stringify(namespace)}`
      : 'at the cluster scope';
    const why = `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
    throw forbidden(info, info.authorizedName, why);
  }
}

function refuseStream(exchange: Exchange, { failure, how }: StreamingRefusal): void {
  if (how === 'status') throw failure;
  exchange.startStream('application/json');
  if (how === 'silence') return;
  exchange.write(encodeErrorEvent(failure.body));
  exchange.end();
}

function rbacObjects(registry: Registry): RbacObjects {
  const group = 'rbac.authorization.k8s.io';
  const objects = function* (resource: string, prefix = ''): Iterable<ApiObject> {
    for (const { object } of registry.get(group, resource)!.table.list(prefix)) yield object;
  };
  return {
    clusterRoleBindings: () => objects('clusterrolebindings'),
    roleBindings: (namespace) => objects('rolebindings', `${namespace}/`),
    clusterRole: (name) => registry.get(group, 'clusterroles')!.table.get(name)?.object,
    role: (namespace, name) =>
      registry.get(group, 'roles')!.table.get(storageKey(namespace, name))?.object,
  };
}
