import {
  formatGroupVersion,
  type KubernetesObject,
  matchesLabelSelector,
  parseLabelSelector,
  type ResourceQuery,
  type WatchEvent,
} from '@depwatch/core';

import { copy } from '../objects/copy.ts';
import type { Change } from '../objects/object-history.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** What one query means for stored objects. */
export interface Selection {
  selects(object: KubernetesObject): boolean;
  /** A copy as the transport hands it out, `version` in place of its own where one is given. */
  handOut(object: KubernetesObject, version?: number): KubernetesObject;
  /** What a watch tells of a write: nothing, when neither the state before nor the one after is selected. */
  eventOf(change: Change): WatchEvent | undefined;
}

/** @throws DepwatchError ERR_INVALID_INPUT when the query's selector does not parse */
export function selectionOf(query: ResourceQuery): Selection {
  const { gvk, gvr, name, metadataOnly } = query;
  const namespace = gvr.namespaced ? query.namespace : undefined;
  const selector = parseLabelSelector(query.selector ?? '');
  const apiVersion = formatGroupVersion(gvk);
  const { kind } = gvk;

  const selects: Selection['selects'] = ({ metadata }) =>
    (!namespace || metadata?.namespace === namespace) &&
    (!name || metadata?.name === name) &&
    matchesLabelSelector(selector, metadata?.labels);

  const handOut: Selection['handOut'] = (object, version) => {
    const { metadata, ...rest } = copy(object);
    const clean: Record<string, unknown> = { ...metadata };
    delete clean['managedFields'];
    if (metadata?.annotations && Object.hasOwn(metadata.annotations, lastApplied)) {
      const { [lastApplied]: _, ...annotations } = metadata.annotations;
      clean['annotations'] = annotations;
    }
    if (version !== undefined) clean['resourceVersion'] = String(version);
    return { ...(!metadataOnly && rest), apiVersion, kind, metadata: clean };
  };

  const eventOf: Selection['eventOf'] = ({ before, after, version }) => {
    const was = before !== undefined && selects(before);
    const is = after !== undefined && selects(after);
    if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: handOut(after) };
    // Out of the set, or out of the world: the last state that was in it, under the version of the write.
    if (was) return { type: 'DELETED', object: handOut(before, version) };
    return undefined;
  };

  return { selects, handOut, eventOf };
}
