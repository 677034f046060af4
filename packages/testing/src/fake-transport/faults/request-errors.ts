import {
  type DepwatchError,
  describeObjectRequest,
  describeRequest,
  errorFromObjectStatus,
  errorFromStatus,
  formatGroupVersion,
  type KubernetesStatus,
} from '@depwatch/core';

import type { FakeRequest } from './rules.ts';

/** What a request asks for, for messages. */
export function describeFakeRequest({
  operation,
  gvk,
  query,
  id,
  subresource,
}: FakeRequest): string {
  switch (operation) {
    case 'probe':
      return 'probe';
    case 'list':
    case 'watch':
      return describeRequest(operation, query!);
    case 'discover':
      return `discovery of ${formatGroupVersion(gvk)} ${gvk.kind}`;
    default:
      return describeObjectRequest({ verb: operation, id: id!, subresource });
  }
}

/** The error that a Status is to whoever sent the request. */
export function errorFor(status: KubernetesStatus, request: FakeRequest): DepwatchError {
  const { operation, id, subresource } = request;
  switch (operation) {
    case 'probe':
    case 'list':
    case 'watch':
    case 'discover':
      return errorFromStatus(status, describeFakeRequest(request));
    default:
      return errorFromObjectStatus(status, { verb: operation, id: id!, subresource });
  }
}
