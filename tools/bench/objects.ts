/** The objects that every scenario works on: ConfigMaps of 0.7 KB, known by their index. */

/** Where objects are: in a namespace, or spread over so many whose names begin with that one's. */
export interface Place {
  readonly namespace: string;
  /** @default 1 */
  readonly over?: number;
}

/** Where most scenarios have them. */
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

/** The namespace of an object. */
export function namespaceOf(index: number, place: Place = { namespace }): string {
  const { namespace: first, over = 1 } = place;
  return over === 1 ? first : `${first}-${index % over}`;
}

/** An object as it is written for the n-th time. */
export function configMap(index: number, revision: number, place?: Place) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: nameOf(index),
      namespace: namespaceOf(index, place),
      labels: { bench: 'yes' },
    },
    data: { revision: String(revision), text: 'x'.repeat(420) },
  };
}
