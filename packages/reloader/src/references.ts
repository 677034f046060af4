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

interface ObjectSource {
  readonly name?: string;
  readonly optional?: boolean;
}

interface KeySource extends ObjectSource {
  readonly key: string;
}

interface FileSource {
  readonly optional?: boolean;
  readonly items?: readonly { readonly key: string }[];
}

interface ContainerLike {
  readonly env?: readonly {
    readonly valueFrom?: {
      readonly configMapKeyRef?: KeySource;
      readonly secretKeyRef?: KeySource;
    };
  }[];
  readonly envFrom?: readonly {
    readonly configMapRef?: ObjectSource;
    readonly secretRef?: ObjectSource;
  }[];
}

/** What is read of a pod's spec: any spec that came as JSON fits, and client-node's `V1PodSpec` too. */
export interface PodSpecLike {
  readonly containers?: readonly ContainerLike[];
  readonly initContainers?: readonly ContainerLike[];
  readonly volumes?: readonly {
    readonly configMap?: FileSource & { readonly name?: string };
    readonly secret?: FileSource & { readonly secretName?: string };
    readonly projected?: {
      readonly sources?: readonly {
        readonly configMap?: FileSource & { readonly name?: string };
        readonly secret?: FileSource & { readonly name?: string };
      }[];
    };
  }[];
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

/**
 * The ConfigMaps and Secrets whose data the containers of a pod see: by `env`, `envFrom`, volumes and projected
 * volumes, of containers and init containers alike. Each is named once, with all uses of it joined; sorted.
 *
 * Ephemeral containers are left out because the API server refuses them in a pod template; image pull secrets and the
 * credentials of volume plugins because containers don't see them.
 */
export function referencesOf(pod: PodSpecLike): readonly Reference[] {
  const uses = new Uses();
  for (const container of [...(pod.initContainers ?? []), ...(pod.containers ?? [])]) {
    for (const { valueFrom } of container.env ?? []) {
      uses.addKey('ConfigMap', valueFrom?.configMapKeyRef);
      uses.addKey('Secret', valueFrom?.secretKeyRef);
    }
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      uses.addAll('ConfigMap', configMapRef?.name, configMapRef?.optional);
      uses.addAll('Secret', secretRef?.name, secretRef?.optional);
    }
  }
  for (const { configMap, secret, projected } of pod.volumes ?? []) {
    uses.addFiles('ConfigMap', configMap?.name, configMap);
    uses.addFiles('Secret', secret?.secretName, secret);
    for (const source of projected?.sources ?? []) {
      uses.addFiles('ConfigMap', source.configMap?.name, source.configMap);
      uses.addFiles('Secret', source.secret?.name, source.secret);
    }
  }
  return uses.join();
}

interface Use {
  readonly kind: ReferenceKind;
  readonly name: string;
  optional: boolean;
  all: boolean;
  readonly keys: Map<string, boolean>;
}

/** Joins all that is said about the same object: what one use needs is needed. */
class Uses {
  readonly #uses = new Map<string, Use>();

  addAll(kind: ReferenceKind, name: string | undefined, optional: boolean | undefined): void {
    const use = this.#use(kind, name, optional);
    if (use) use.all = true;
  }

  addKey(kind: ReferenceKind, source: KeySource | undefined): void {
    if (source) this.#addKey(this.#use(kind, source.name, source.optional), source.key, source);
  }

  addFiles(kind: ReferenceKind, name: string | undefined, source: FileSource | undefined): void {
    // No items and an empty list of them mean the same to the kubelet: a file for each key.
    if (!source?.items?.length) return this.addAll(kind, name, source?.optional);
    const use = this.#use(kind, name, source.optional);
    for (const { key } of source.items) this.#addKey(use, key, source);
  }

  join(): readonly Reference[] {
    return [...this.#uses]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { kind, name, optional, all, keys }]) => ({
        kind,
        name,
        optional,
        keys: all
          ? 'all'
          : [...keys]
              .toSorted(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, keyOptional]) => ({ key, optional: keyOptional })),
      }));
  }

  #use(kind: ReferenceKind, name: string | undefined, optional = false): Use | undefined {
    if (!name) return undefined;
    const id = formatReference({ kind, name });
    const use = this.#uses.get(id) ?? { kind, name, optional: true, all: false, keys: new Map() };
    use.optional &&= optional;
    this.#uses.set(id, use);
    return use;
  }

  #addKey(use: Use | undefined, key: string, { optional = false }: { optional?: boolean }): void {
    use?.keys.set(key, (use.keys.get(key) ?? true) && optional);
  }
}
