import {
  parseLabelSelector,
  type ObjectIdentifier,
  type ResourceQuery,
  type ScopedGVR,
} from '@depwatch/core';

/**
 * What the watch of one object, or of one selector, asks the server for.
 *
 * @param metadataOnly whether metadata is all that is asked for, whatever the identifier says
 */
export function watchQuery(
  { group, version, kind, namespace, name, selector, metadataOnly: isMetadata }: ObjectIdentifier,
  gvr: ScopedGVR,
  metadataOnly: boolean,
): ResourceQuery {
  return {
    gvr,
    gvk: { ...(group && { group }), version, kind },
    // The kind may have come to be served in another scope since it was first asked for.
    ...(gvr.namespaced && namespace && { namespace }),
    ...(name && { name }),
    // In canonical form: every server of any age takes it.
    ...(selector && { selector: parseLabelSelector(selector).canonical }),
    ...((metadataOnly || isMetadata) && { metadataOnly: true }),
  };
}
