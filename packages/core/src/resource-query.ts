import { formatGroupVersion, type ObjectIdentifier } from './object-identifier.ts';
import type { ResourceQuery } from './ports/transport.ts';

const longestText = 256;

/**
 * What a request asks for, for messages: `watch of v1 ConfigMap "a" in namespace "b"`. What is longer than 256
 * characters is cut.
 *
 * @param verb the RBAC verb that the request needs
 */
export function describeRequest(verb: 'list' | 'watch', query: ResourceQuery): string {
  const { gvk, gvr, namespace, name, selector } = query;
  const scope = !gvr.namespaced
    ? ''
    : namespace
      ? ` in namespace ${quoted(namespace)}`
      : ' in all namespaces';
  const which = name ? ` ${quoted(name)}` : selector ? ` with selector ${quoted(selector)}` : '';
  return `${verb} of ${formatGroupVersion(gvk)} ${gvk.kind}${which}${scope}`;
}

/** What an ObjectClient does with one object. */
export type ObjectVerb = 'get' | 'create' | 'update' | 'patch' | 'apply' | 'delete';

/** The same for one object: `update of the status of apps/v1 Deployment "a" in namespace "b"`. */
export function describeObjectRequest(request: {
  readonly verb: ObjectVerb;
  readonly id: ObjectIdentifier;
  readonly subresource?: string | undefined;
}): string {
  const { verb, id, subresource } = request;
  const part = subresource ? `the ${cut(subresource)} of ` : '';
  const name = id.name ? ` ${quoted(id.name)}` : '';
  const scope = id.namespace ? ` in namespace ${quoted(id.namespace)}` : '';
  return `${verb} of ${part}${formatGroupVersion(id)} ${id.kind}${name}${scope}`;
}

function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

function quoted(text: string): string {
  return JSON.stringify(cut(text));
}
