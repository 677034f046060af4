import type { RequestHandler } from './connections.ts';
import { encodeErrorEvent } from './encode.ts';
import { Exchange } from './exchange.ts';
import type { FaultRules, StreamingRefusal } from '../faults/fault-rules.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import { Impersonation, wantedUser } from '../auth/impersonation.ts';
import type { Attributes } from '../auth/rbac.ts';
import { anonymous, type User } from '../auth/user.ts';
import type { RequestCounter } from './request-log.ts';
import { parseRequest, type RequestInfo } from './request-info.ts';
import { retryAfter, sendStatus } from './answers.ts';
import type { Router } from './router.ts';
import { internalFailure, StatusError, unauthorized } from './status.ts';
import type { Users } from '../auth/users.ts';

/** What the front hands requests to. */
export interface FrontParts {
  readonly users: Users;
  readonly authorizer: Authorizer;
  readonly router: Router;
  readonly rules: FaultRules;
  readonly counter: RequestCounter;
}

/** Where requests come in: counts them, lets faults have their way, asks who it is and what they may. */
export class Front {
  readonly #parts: FrontParts;
  readonly #impersonation: Impersonation;

  constructor(parts: FrontParts) {
    this.#parts = parts;
    this.#impersonation = new Impersonation(parts.authorizer);
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
    const { rules, counter, authorizer, router } = this.#parts;
    const info = parseRequest(exchange.method, exchange.target);
    counter.add(info);
    await rules.beforeAnswer();
    if (rules.hangs(info)) return;
    const refusal = rules.refusal(info);
    if (refusal?.pageStatus !== undefined) {
      const page = '<html><body>not here</body></html>\n';
      exchange.send(refusal.pageStatus, 'text/html', page, retryAfter(refusal.failure));
      return;
    }
    if (refusal) throw refusal.failure;
    const user = this.#userOf(exchange, info);
    authorizer.require(user, attributesOf(info));
    const streaming = rules.streamingRefusal(info);
    if (streaming) {
      refuseStream(exchange, streaming);
      return;
    }
    await router.handle(info, exchange, user);
  }

  /** Who asks, or as whom. */
  #userOf(exchange: Exchange, info: RequestInfo): User {
    const { users } = this.#parts;
    const user = users.authenticate(exchange.headers.authorization);
    if (!user) throw unauthorized();
    if (user === anonymous) exchange.leaveConnection();
    const wanted = wantedUser(exchange.rawHeaders);
    return wanted ? this.#impersonation.as(wanted, user, attributesOf(info)) : user;
  }
}

/** What a request asks leave for. */
function attributesOf(info: RequestInfo): Attributes {
  const { isResource, path, method, group, resource, subresource, namespace, verb } = info;
  return {
    verb: isResource ? verb : method.toLowerCase(),
    ...(!isResource && { path }),
    group,
    resource,
    subresource,
    namespace,
    name: info.authorizedName,
  };
}

function refuseStream(exchange: Exchange, { failure, how }: StreamingRefusal): void {
  if (how === 'status') throw failure;
  exchange.startStream('application/json');
  if (how === 'silence') return;
  exchange.write(encodeErrorEvent(failure.body));
  exchange.end();
}
