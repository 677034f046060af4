import { createHash } from 'node:crypto';

import { formatApiVersion, isStored, type ResourceType, subresourcesOf } from './resource-type.ts';
import type { Registry } from '../store/registry.ts';

/** The body of `GET /api`. */
export function describeLegacyVersions(serverAddress: string): unknown {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** The body of `GET /apis`. */
export function describeGroups(registry: Registry): unknown {
  const groups = [...registry.groups()].filter(([group]) => group !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(([group, versions]) => describeVersions(group, versions)),
  };
}

/** The body of `GET /apis/GROUP`; undefined when there is no such group. */
export function describeGroup(registry: Registry, group: string): unknown {
  const versions = group ? registry.groups().get(group) : undefined;
  return versions && { kind: 'APIGroup', apiVersion: 'v1', ...describeVersions(group, versions) };
}

/** The body of `GET /apis/GROUP/VERSION` or `/api/v1`; undefined when there is no such version. */
export function describeResources(registry: Registry, group: string, version: string): unknown {
  if (!registry.groups().get(group)?.includes(version)) return undefined;
  const types = [...registry.all()]
    .map(({ type }) => type)
    .filter((type) => type.group === group && type.versions.some(({ name }) => name === version));
  // In order of their names, each with what stands below it.
  const resources = types
    .toSorted((a, b) => (a.resource < b.resource ? -1 : 1))
    .flatMap((type) => describeResource(type, version));
  return {
    kind: 'APIResourceList',
    ...(group && { apiVersion: 'v1' }),
    groupVersion: formatApiVersion(group, version),
    resources,
  };
}

function describeVersions(group: string, names: readonly string[]): { name: string } {
  const versions = names.map((version) => ({
    groupVersion: formatApiVersion(group, version),
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] } as { name: string };
}

function describeResource(type: ResourceType, version: string): DescribedResource[] {
  const { resource, singular, namespaced, kind, verbs, shortNames, categories } = type;
  return [
    {
      name: resource,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories }),
      ...(isStored(type) && { storageVersionHash: storageVersionHash(type) }),
    },
    ...subresourcesOf(type, version).map(({ name, verbs: subverbs, ...of }) => ({
      name: `${resource}/${name}`,
      singularName: '',
      namespaced,
      ...of,
      verbs: subverbs,
    })),
  ];
}

interface DescribedResource {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** As the real server computes it, so that clients which compare it see no difference. */
function storageVersionHash(type: ResourceType): string {
  const { kind, group } = type.view ?? type;
  const version = type.view?.version ?? type.storageVersion;
  return createHash('sha256')
    .update(`${group}/${version}/${kind}`)
    .digest()
    .subarray(0, 8)
    .toString('base64');
}
