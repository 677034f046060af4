import type { DepwatchError } from '@depwatch/core';

import { ApiCall, type ApiReceiver, type ApiRequest } from './api-call.ts';
import type { ApiServer } from './api-server.ts';

/** What is said of /readyz to those who may not see it, or where only the API itself is passed on. */
const hidden = new Set([401, 403, 404]);

/** Whether the API server is there; see Transport. It waits for no connection that may be dead. */
export async function probe(api: ApiServer, signal: AbortSignal | undefined): Promise<void> {
  const readyz = await failureOf(api, { path: '/readyz', expects: 'text', signal });
  if (readyz === undefined) return;
  // A 404 may be the page of what stands in front, and tells nothing of what it passes on.
  const code = readyz.status?.code ?? (readyz.reason === 'not-kubernetes' ? 404 : 0);
  if (!hidden.has(code)) throw readyz;
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
