import type { Registry } from '../store/registry.ts';
import { type ResourceType, subresourcesOf } from './resource-type.ts';

/**
 * The body of `GET /api` or `/apis` to those who want everything in one answer: groups, versions and resources, those
 * of the core group alone or all others.
 */
export function describeAggregated(registry: Registry, groups: 'core' | 'named'): unknown {
  const types = [...registry.all()].map(({ type }) => type);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: [...registry.groups()]
      .filter(([group]) => (group === '') === (groups === 'core'))
      .map(([group, versions]) => ({
        metadata: group === '' ? {} : { name: group },
        versions: versions.map((version) => ({
          version,
          resources: types
            .filter((type) => type.group === group && servedAs(type, version))
            .toSorted((a, b) => (a.resource < b.resource ? -1 : 1))
            .map((type) => describeResource(type, version)),
          freshness: 'Current',
        })),
      })),
  };
}

function servedAs(
  { versions }: ResourceType,
  version: string,
): ResourceType['versions'][number] | undefined {
  return versions.find(({ name }) => name === version);
}

function describeResource(type: ResourceType, version: string): unknown {
  const { resource, singular, namespaced, kind, verbs, shortNames, categories, custom } = type;
  const subresources = subresourcesOf(type, version);
  // Built-in kinds name their group and version only where they are another resource's.
  const responseKind = custom
    ? { group: type.group, version, kind }
    : { group: '', version: '', kind };
  return {
    resource,
    responseKind,
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((subresource) => ({
        subresource: subresource.name,
        responseKind: subresource.group
          ? {
              group: subresource.group,
              version: subresource.version,
              kind: subresource.kind,
            }
          : { ...responseKind, kind: subresource.kind },
        verbs: subresource.verbs,
      })),
    }),
  };
}
