import type { ResourceQuery, ScopedGVR } from '@depwatch/core';

import type { ApiRequest } from './api-request.ts';

/** What a request accepts, and what instead when the server refuses that. */
type Acceptable = Pick<ApiRequest, 'accept' | 'fallback'>;

const json = 'application/json';
const full: Acceptable = { accept: json };

/** Knows for which resources the server refused to send metadata alone. */
export class ContentTypes {
  readonly #fullOnly = new Set<string>();
  /** By the resource's object, which thousands of queries share; so do they what is made here. */
  readonly #metadata = {
    list: new WeakMap<ScopedGVR, Acceptable>(),
    watch: new WeakMap<ScopedGVR, Acceptable>(),
  };

  /** What to accept: for metadata alone PartialObjectMetadata, and the whole objects after a 406. */
  for({ metadataOnly, gvr }: ResourceQuery, what: 'list' | 'watch'): Acceptable {
    if (!metadataOnly) return full;
    let known = this.#metadata[what].get(gvr);
    if (!known) this.#metadata[what].set(gvr, (known = this.#make(gvr, what)));
    return known;
  }

  #make(gvr: ScopedGVR, what: 'list' | 'watch'): Acceptable {
    const key = JSON.stringify([gvr.group, gvr.version, gvr.resource]);
    if (this.#fullOnly.has(key)) return full;
    const kind = what === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
    const chosen = (): void => {
      this.#fullOnly.add(key);
      for (const known of Object.values(this.#metadata)) known.set(gvr, full);
    };
    return {
      accept: `${json};as=${kind};g=meta.k8s.io;v=v1`,
      fallback: { accept: json, chosen },
    };
  }
}
