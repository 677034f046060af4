import type { BuiltInGroup, BuiltInKind } from './built-in-kind.ts';
import { builtInGroups } from './built-in-kinds.ts';
import type { ResourceType, Subresource } from './resource-type.ts';

/** What may be done with objects of a kind, unless it says otherwise, in the order in which discovery names it. */
export const allVerbs: readonly string[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

const objectVerbs = ['get', 'patch', 'update'];

function define({ group, version }: BuiltInGroup, builtIn: BuiltInKind): ResourceType {
  const { resource, kind, status = false } = builtIn;
  return {
    group,
    resource,
    singular: kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    namespaced: builtIn.namespaced ?? true,
    shortNames: builtIn.shortNames ?? [],
    categories: builtIn.categories ?? [],
    verbs: builtIn.verbs ?? allVerbs,
    versions: [
      {
        name: version,
        hasStatus: status,
        subresources: subresourcesOf(builtIn),
        ...(builtIn.scale && { scale: { spec: 'spec.replicas', status: 'status.replicas' } }),
      },
    ],
    storageVersion: version,
    custom: false,
    nameRule: builtIn.nameRule ?? 'dnsSubdomain',
    generation: builtIn.generation ?? 'none',
    hasStatus: status,
    fields: new Map(Object.entries(builtIn.fields ?? {})),
    fieldRefusal: builtIn.fieldRefusal ?? 'notKnown',
    unconditionalUpdate: builtIn.unconditionalUpdate ?? true,
    createOnUpdate: builtIn.createOnUpdate ?? false,
    deleteReturnsObject: builtIn.deleteReturnsObject ?? false,
    ...(builtIn.deprecation && { deprecation: builtIn.deprecation }),
    ...(builtIn.view && { view: builtIn.view }),
  };
}

/** In the order of their names, as discovery lists them. */
function subresourcesOf({ kind, status, scale, actions = [] }: BuiltInKind): Subresource[] {
  const found: Subresource[] = actions.map((action) => ({ ...action, verbs: ['create'] }));
  if (status) found.push({ name: 'status', kind, verbs: objectVerbs });
  if (scale) found.push({ ...scaleSubresource, verbs: objectVerbs });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const scaleSubresource = { name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale' };

/** The types of what is sent to subresources, which is stored nowhere. */
export const actionTypes = {
  Binding: define({ group: '', version: 'v1', kinds: [] }, action('Binding')),
  Eviction: define({ group: 'policy', version: 'v1', kinds: [] }, action('Eviction')),
  Scale: define({ group: 'autoscaling', version: 'v1', kinds: [] }, action('Scale')),
  TokenRequest: define(
    { group: 'authentication.k8s.io', version: 'v1', kinds: [] },
    action('TokenRequest'),
  ),
} as const;

function action(kind: string): BuiltInKind {
  return { resource: kind.toLowerCase(), kind };
}

/** What the server serves from its start, in the order of discovery. */
export const builtInResources: readonly ResourceType[] = builtInGroups.flatMap((group) =>
  group.kinds.map((kind) => define(group, kind)),
);

/** The resource that makes other resources. */
export const customResourceDefinitions: ResourceType = builtInResources.find(
  ({ resource }) => resource === 'customresourcedefinitions',
)!;
