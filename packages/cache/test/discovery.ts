import type { ApiResource, GroupVersionKind, Transport } from '@depwatch/core';

export const configMap: GroupVersionKind = { version: 'v1', kind: 'ConfigMap' };
export const node: GroupVersionKind = { version: 'v1', kind: 'Node' };

export const configMapResource: ApiResource = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  namespaced: true,
  verbs: ['get', 'list', 'watch'],
};
export const nodeResource: ApiResource = {
  ...configMapResource,
  resource: 'nodes',
  namespaced: false,
};

/** A discovery under way, to be ended by the test. */
export interface Asked {
  readonly gvk: GroupVersionKind;
  readonly signal: AbortSignal | undefined;
  answer(resource: ApiResource | undefined): void;
  fail(error: unknown): void;
}

/** A transport whose discoveries the test answers by hand, or with a function. */
export function discovery(answer?: (gvk: GroupVersionKind) => ApiResource | undefined) {
  const asked: Asked[] = [];
  const transport: Pick<Transport, 'discover'> = {
    discover: (gvk, { signal }) =>
      new Promise((resolve, reject) => {
        asked.push({ gvk, signal, answer: resolve, fail: reject });
        if (answer) resolve(answer(gvk));
      }),
  };
  return { asked, transport };
}
