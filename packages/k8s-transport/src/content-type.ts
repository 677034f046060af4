import type { ResourceQuery, ScopedGVR } from '@depwatch/core';

import type { ApiRequest } from './api-request.ts';

/** What a request accepts, and what instead when the server refuses that. */
type Acceptable = Pick<ApiRequest, 'accept' | 'fallback'>;

const json = 'application/json';
const plain: Acceptable = { accept: json };
/** Nobody here reads managedFields, which are up to half of an object (KEP-5958; servers that don't know it send them). */
const drop = ';drop=metadata.managedFields';
const parameters = {
  whole: '',
  list: ';as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  watch: ';as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
};

/** Knows for which resources the server refused to send less than whole objects. */
export class ContentTypes {
  readonly #plainOnly = new Set<string>();
  /** By the resource's object, which thousands of queries share; so do they what is made here. */
  readonly #known = {
    whole: new WeakMap<ScopedGVR, Acceptable>(),
    list: new WeakMap<ScopedGVR, Acceptable>(),
    watch: new WeakMap<ScopedGVR, Acceptable>(),
  };

  /** What to accept: for metadata alone PartialObjectMetadata, and plain JSON after a 406. */
  for({ metadataOnly, gvr }: ResourceQuery, what: 'list' | 'watch'): Acceptable {
    const form = metadataOnly ? what : 'whole';
    let known = this.#known[form].get(gvr);
    if (!known) this.#known[form].set(gvr, (known = this.#make(gvr, form)));
    return known;
  }

  #make(gvr: ScopedGVR, form: keyof typeof parameters): Acceptable {
    const key = JSON.stringify([gvr.group, gvr.version, gvr.resource]);
    if (this.#plainOnly.has(key)) return plain;
    const chosen = (): void => {
      this.#plainOnly.add(key);
      for (const known of Object.values(this.#known)) known.set(gvr, plain);
    };
    return { accept: `${json}${parameters[form]}${drop}`, fallback: { accept: json, chosen } };
  }
}
