import type { ResourceQuery } from '@depwatch/core';

import type { ApiRequest } from './api-call.ts';

const json = 'application/json';

/** Knows for which resources the server refused to send metadata alone. */
export class ContentTypes {
  readonly #fullOnly = new Set<string>();

  /** What to accept: for metadata alone PartialObjectMetadata, and the whole objects after a 406. */
  for(query: ResourceQuery, what: 'list' | 'watch'): Pick<ApiRequest, 'accept' | 'fallback'> {
    if (!query.metadataOnly) return { accept: json };
    const { group, version, resource } = query.gvr;
    const key = JSON.stringify([group, version, resource]);
    if (this.#fullOnly.has(key)) return { accept: json };
    const kind = what === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
    return {
      accept: `${json};as=${kind};g=meta.k8s.io;v=v1`,
      fallback: { accept: json, chosen: () => this.#fullOnly.add(key) },
    };
  }
}
