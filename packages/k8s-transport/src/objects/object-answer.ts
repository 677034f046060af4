import type { ObjectCall } from '@depwatch/core';

import { isObject } from '../answers/decode.ts';

/**
 * What is wrong with a successful answer to a call, if anything: something between here and the server may answer with
 * what somebody else asked for. Nothing of it is quoted.
 */
export function unlikeAnswerTo(call: ObjectCall, answer: unknown): string | undefined {
  if (!isObject(answer)) return 'an answer that is no object';
  const { kind } = answer;
  // A delete tells of the object or of itself, and parts of an object have kinds of their own.
  if (kind === undefined || call.verb === 'delete') return undefined;
  const isPart = call.subresource !== undefined && call.subresource !== 'status';
  // So is answered what binds a pod.
  const isDone = kind === 'Status' && call.verb === 'create' && answer['status'] === 'Success';
  return isPart || isDone || kind === call.id.kind ? undefined : 'an answer of another kind';
}
