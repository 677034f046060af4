import type { DepwatchError, TransportFailure } from '@depwatch/core';

/** Whose fault it is that a request failed, as far as the error tells. */
export type Blame =
  /** No connection could be made, or one died: whether the server is there has to be asked. */
  | 'server'
  /** This request had no answer, or one that is none: a trouble of what it asked for. */
  | 'resource'
  /** The server answered, if only with a refusal. */
  | 'nobody';

/** Tells one request's trouble from the server's; an error that doesn't say what it is, is worth asking the server about. */
export function blame({ code, status, retryable, reason }: DepwatchError): Blame {
  if (code !== 'ERR_TRANSPORT' || status !== undefined || !retryable) return 'nobody';
  const isConnection = reason === undefined || reason === 'unreachable' || reason === 'certificate';
  return isConnection ? 'server' : 'resource';
}

const ofServer: Partial<Record<TransportFailure, string>> = {
  timeout: 'the API server does not answer',
  certificate: "the API server's certificate is not trusted",
  'not-kubernetes': 'something that is no Kubernetes API server answers in its place',
};
const ofResource: Partial<Record<TransportFailure, string>> = {
  credentials: 'the credentials for the API server could not be had',
  protocol: 'a resource is answered with what breaks the protocol',
  'not-kubernetes': 'a resource is answered by something that is no Kubernetes API server',
};

/** For the log: why the server counts as down. */
export function serverTrouble({ reason }: DepwatchError): string {
  return (reason && ofServer[reason]) ?? 'the API server cannot be reached';
}

/** For the log: why the watches of a resource wait. */
export function resourceTrouble({ reason }: DepwatchError): string {
  return (reason && ofResource[reason]) ?? 'a resource does not answer';
}
