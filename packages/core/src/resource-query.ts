import { formatGroupVersion } from './object-identifier.ts';
import type { ResourceQuery } from './ports/transport.ts';

/**
 * What a request asks for, for messages: `watch of v1 ConfigMap "a" in namespace "b"`.
 *
 * @param verb the RBAC verb that the request needs
 */
export function describeRequest(verb: 'list' | 'watch', query: ResourceQuery): string {
  const { gvk, gvr, namespace, name, selector } = query;
  const scope = !gvr.namespaced
    ? ''
    : namespace
      ? ` in namespace ${JSON.stringify(namespace)}`
      : ' in all namespaces';
  const which = name
    ? ` ${JSON.stringify(name)}`
    : selector
      ? ` with selector ${JSON.stringify(selector)}`
      : '';
  return `${verb} of ${formatGroupVersion(gvk)} ${gvk.kind}${which}${scope}`;
}
