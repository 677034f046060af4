/** The objects that every scenario works on: ConfigMaps of 0.7 KB in one namespace, known by their index. */
export const namespace = 'bench';

/** The label selector that all of them match. */
export const selector = 'bench=yes';

/** What is watched: one object, by its index, or all of them, by {@link selector}. */
export type Watched = number | 'all';

/** The name of an object, or of whoever watches it. */
export function nameOf(index: number): string {
  return `config-${index}`;
}

/** The inverse of {@link nameOf}. */
export function indexOf(name: string): number {
  return Number(name.slice('config-'.length));
}

/** An object as it is written for the n-th time. */
export function configMap(index: number, revision: number) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: nameOf(index), namespace, labels: { bench: 'yes' } },
    data: { revision: String(revision), text: 'x'.repeat(420) },
  };
}
