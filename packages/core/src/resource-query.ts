import { formatGroupVersion } from './object-identifier.ts';
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

function quoted(text: string): string {
  return JSON.stringify(text.length > longestText ? `${text.slice(0, longestText)}…` : text);
}
