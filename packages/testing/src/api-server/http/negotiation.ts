import type { Representation } from './encode.ts';
import { notAcceptable, notAcceptableRepresentation } from './status.ts';

/** The group, version and kind that a media type asks for with its parameters; undefined where it names no kind. */
type AskedKind = {
  readonly group: string | undefined;
  readonly version: string | undefined;
  readonly as: string;
};

/**
 * Picks what an answer is written as by the Accept header: the first of its media types that there is. Protobuf is
 * not, so a client that also takes JSON gets that.
 *
 * @throws StatusError 406 when there is none
 */
export function negotiate(accept: string | undefined): Representation {
  return pick(accept, (asked) => {
    if (!asked) return 'full';
    if (asked.group !== 'meta.k8s.io' || asked.version !== 'v1') return undefined;
    const { as } = asked;
    if (as === 'Table') return 'table';
    return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList'
      ? 'metadata'
      : undefined;
  });
}

/** The media type of aggregated discovery. */
export const aggregatedDiscovery =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/**
 * Whether the Accept header of a `GET /api` or `/apis` asks for all groups and resources in one answer.
 *
 * @throws StatusError 406 when it asks for what there is not
 */
export function negotiateDiscovery(accept: string | undefined): 'groups' | 'aggregated' {
  // Wherever it stands among what else is accepted.
  const clauses = (accept ?? '')
    .split(',')
    .toSorted((a, b) => Number(b.includes('as=')) - Number(a.includes('as=')));
  return pick(clauses.join(','), (asked) => {
    if (!asked) return 'groups';
    const { group, version, as } = asked;
    return group === 'apidiscovery.k8s.io' && version === 'v2' && as === 'APIGroupDiscoveryList'
      ? 'aggregated'
      : undefined;
  });
}

/** The first media type of JSON that there is something for. */
function pick<T>(accept: string | undefined, choose: (asked?: AskedKind) => T | undefined): T {
  const clauses = (accept ?? '').split(',').map((clause) => clause.trim());
  if (clauses.every((clause) => clause === '')) return choose()!;
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
    const chosen =
      as === undefined
        ? choose()
        : choose({ group: values.get('g'), version: values.get('v'), as });
    if (chosen !== undefined) return chosen;
  }
  throw sawJson ? notAcceptableRepresentation() : notAcceptable();
}
