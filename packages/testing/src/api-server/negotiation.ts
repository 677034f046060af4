import type { Representation } from './encode.ts';
import { notAcceptable, notAcceptableRepresentation } from './status.ts';

/**
 * Picks what an answer is written as by the Accept header: the first of its media types that there is. Protobuf and
 * tables are not, so a client that also takes JSON gets that.
 *
 * @throws StatusError 406 when there is none
 */
export function negotiate(accept: string | undefined): Representation {
  const clauses = (accept ?? '').split(',').map((clause) => clause.trim());
  if (clauses.every((clause) => clause === '')) return 'full';
  let sawJson = false;
  for (const clause of clauses) {
    const [mediaType = '', ...parameters] = clause.split(';').map((part) => part.trim());
    if (!['application/json', 'application/*', '*/*'].includes(mediaType.toLowerCase())) continue;
    sawJson = true;
    const values = new Map(
      parameters.map((parameter) => {
        const equals = parameter.indexOf('=');
        return [parameter.slice(0, equals), parameter.slice(equals + 1)];
      }),
    );
    const as = values.get('as');
    if (as === undefined) return 'full';
    if (values.get('g') !== 'meta.k8s.io' || values.get('v') !== 'v1') continue;
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
  }
  throw sawJson ? notAcceptableRepresentation() : notAcceptable();
}
