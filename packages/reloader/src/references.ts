/** The kinds of objects that a pod template can take data from. */
export type ReferenceKind = 'ConfigMap' | 'Secret';

/** One key that a pod template uses, and whether pods start without it. */
export interface KeyUse {
  readonly key: string;
  readonly optional: boolean;
}

/** A ConfigMap or Secret that a pod template names, with what it uses of it. */
export interface Reference {
  readonly kind: ReferenceKind;
  readonly name: string;
  /** Pods start without it; false as soon as one of several uses needs it. */
  readonly optional: boolean;
  /** `'all'`, or the keys, sorted, where nothing but single keys is used. */
  readonly keys: 'all' | readonly KeyUse[];
}

type Sources<Suffix extends string, Source> = {
  readonly [Field in `configMap${Suffix}` | `secret${Suffix}`]?: Source;
};

interface ObjectSource {
  readonly name?: string;
  readonly optional?: boolean;
}

interface FileSource extends ObjectSource {
  /** In place of the name, for a volume of a Secret. */
  readonly secretName?: string;
  readonly items?: readonly { readonly key: string }[];
}

interface ContainerLike {
  readonly env?: readonly {
    readonly valueFrom?: Sources<'KeyRef', ObjectSource & { readonly key: string }>;
  }[];
  readonly envFrom?: readonly Sources<'Ref', ObjectSource>[];
}

/** What is read of a pod's spec: any spec that came as JSON fits, and client-node's `V1PodSpec` too. */
export interface PodSpecLike {
  readonly containers?: readonly ContainerLike[];
  readonly initContainers?: readonly ContainerLike[];
  readonly volumes?: readonly (Sources<'', FileSource> & {
    readonly projected?: { readonly sources?: readonly Sources<'', FileSource>[] };
  })[];
}

/** `configmap/settings`: how a reference is written in annotations, in the record and in reports. */
export function formatReference({ kind, name }: Pick<Reference, 'kind' | 'name'>): string {
  return `${kind.toLowerCase()}/${name}`;
}

/**
 * Whether an object of this name can exist. A pod template may name anything, `../x` too: the API server checks the
 * names of objects, not those of references to them.
 */
export function isObjectName(name: string): boolean {
  return name.length <= 253 && objectName.test(name);
}

const objectName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** One place of a pod that names an object, or a key of one. */
interface Use {
  readonly kind: ReferenceKind;
  readonly name?: string | undefined;
  readonly optional?: boolean | undefined;
  /** Undefined: all of it. */
  readonly key?: string;
}

/**
 * The ConfigMaps and Secrets whose data the containers of a pod see: by `env`, `envFrom`, volumes and projected
 * volumes, of containers and init containers alike. Each is named once, with all uses of it joined; sorted.
 *
 * Ephemeral containers are left out because the API server refuses them in a pod template; image pull secrets and the
 * credentials of volume plugins because containers don't see them.
 */
export function referencesOf(pod: PodSpecLike): readonly Reference[] {
  const uses = Map.groupBy(
    usesOf(pod).filter(({ name }) => name),
    ({ kind, name }) => formatReference({ kind, name: name! }),
  );
  return [...uses].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, same]) => join(same));
}

/** All uses of one object as one: what one of them needs is needed. */
function join(uses: readonly Use[]): Reference {
  const { kind, name = '' } = uses[0]!;
  const isOptional = (some: readonly Use[]): boolean => some.every(({ optional }) => optional);
  const keys = Map.groupBy(uses, ({ key }) => key);
  const one = { kind, name, optional: isOptional(uses) };
  if (keys.has(undefined)) return { ...one, keys: 'all' };
  const byKey = [...keys].toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return { ...one, keys: byKey.map(([key = '', same]) => ({ key, optional: isOptional(same) })) };
}

/** The kinds, and how the fields begin that name their objects. */
const kinds = [
  ['ConfigMap', 'configMap'],
  ['Secret', 'secret'],
] as const;

function usesOf({
  initContainers = [],
  containers = [],
  volumes = [],
}: PodSpecLike): readonly Use[] {
  const all = [...initContainers, ...containers];
  const values = all.flatMap(({ env = [] }) => env.flatMap(({ valueFrom }) => valueFrom ?? []));
  const wholes = all.flatMap(({ envFrom = [] }) => envFrom);
  const files = volumes.flatMap((volume) => [volume, ...(volume.projected?.sources ?? [])]);
  return kinds.flatMap(([kind, field]) => [
    ...values.flatMap((value) => value[`${field}KeyRef`] ?? []).map((use) => ({ kind, ...use })),
    ...wholes.flatMap((value) => value[`${field}Ref`] ?? []).map((use) => ({ kind, ...use })),
    ...files.flatMap((file) => file[field] ?? []).flatMap((file) => fileUses(kind, file)),
  ]);
}

/** No items and an empty list of them mean the same to the kubelet: a file for each key. */
function fileUses(
  kind: ReferenceKind,
  { secretName, name = secretName, optional, items = [] }: FileSource,
): readonly Use[] {
  if (items.length === 0) return [{ kind, name, optional }];
  return items.map(({ key }) => ({ kind, name, optional, key }));
}
