import type { DepwatchError } from '@depwatch/core';

import { ApiCall } from './api-call.ts';
import type { ApiReceiver, ApiRequest } from './api-request.ts';
import type { ApiServer } from './api-server.ts';

/** Whether the API server is there; see Transport. It waits for no connection that may be dead. */
export async function probe(api: ApiServer, signal: AbortSignal | undefined): Promise<void> {
  const readyz = await failureOf(api, { path: '/readyz', expects: 'text', signal });
  if (readyz === undefined) return;
  // Who may not see it is told so; a server that starts says that it isn't ready long before it has stopped answering
  // others; and a page may be of what stands in front, which tells nothing of what it passes on.
  if (readyz.status === undefined && readyz.reason !== 'not-kubernetes') throw readyz;
  const core = await failureOf(api, { path: '/api/v1', signal });
  if (core !== undefined && !isRefusal(core)) throw core;
}

/** Whether a Kubernetes API server answered, though it didn't give what was asked for. */
function isRefusal({ status, reason }: DepwatchError): boolean {
  const code = status?.code ?? 500;
  return reason === undefined && code < 500 && code !== 429;
}

/** Resolves as soon as the answer begins; what follows is read and dropped. */
function failureOf(
  api: ApiServer,
  request: Pick<ApiRequest, 'path' | 'expects' | 'signal'>,
): Promise<DepwatchError | undefined> {
  return new Promise((resolve) => {
    const receiver: ApiReceiver = {
      describe: () => `probe of ${request.path}`,
      onAccepted: () => resolve(undefined),
      onData() {},
      onEnd() {},
      onFailure: resolve,
    };
    const accept = request.expects === 'text' ? 'text/plain, */*' : 'application/json';
    new ApiCall(api, { ...request, accept, impatient: true, mayBeSilent: false }, receiver).start();
  });
}
