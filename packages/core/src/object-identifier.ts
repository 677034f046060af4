import { checkRecord } from './check-input.ts';
import { invalidInput, wrongType, type DepwatchError } from './errors.ts';
import type { Cached, KubernetesObject } from './kubernetes-object.ts';
import { parseLabelSelector } from './label-selector.ts';

/** A kind of object: `{ group: 'apps', version: 'v1', kind: 'Deployment' }`; the core group is absent or `""`. */
export interface GroupVersionKind {
  group?: string;
  version: string;
  kind: string;
}

/**
 * An object, by name, or a set of objects, by label selector. An absent field and `""` mean the same.
 *
 * A namespaced kind named without a namespace is an error; a selector without a namespace means all namespaces; a kind
 * ignores the namespace as long as it is cluster-scoped. There is no apiVersion: `apps/v1` is a group and a version, which
 * {@link objectIdentifierFrom} takes apart.
 */
export interface ObjectIdentifier extends GroupVersionKind {
  namespace?: string;
  name?: string;
  selector?: string;
  /**
   * Its metadata alone, as a PartialObjectMetadata (controller-runtime's `OnlyMetadata`): every change wakes, and nothing but
   * metadata is fetched or kept, of a Secret say. The same object whole is another identifier, with a watch of its own. @default false
   */
  metadataOnly?: boolean;
}

/**
 * For people: `GroupVersion=v1, Kind=ConfigMap, Namespace=ns, Name=n[, Selector=…]`. Not injective.
 *
 * @throws DepwatchError ERR_INVALID_INPUT for what is no object of strings; what an identifier lacks may be missing
 */
export function formatObjectIdentifier(id: ObjectIdentifier): string {
  checkFields(id);
  return `GroupVersion=${formatGroupVersion(id)}, Kind=${id.kind}, Namespace=${id.namespace ?? ''}, Name=${
    id.name ?? ''
  }${id.selector ? `, Selector=${id.selector}` : ''}${id.metadataOnly ? ', MetadataOnly' : ''}`;
}

/** {@link formatObjectIdentifier} for errors and logs: what is longer than 256 characters, as a selector may be, is cut. */
export function describeObjectIdentifier(id: ObjectIdentifier): string {
  const text = formatObjectIdentifier(id);
  return text.length > longestDescription ? `${text.slice(0, longestDescription)}…` : text;
}

/** `v1`, `apps/v1`: what an object of this kind has as its apiVersion. */
export function formatGroupVersion({ group, version }: GroupVersionKind): string {
  return group ? `${group}/${version}` : version;
}

/**
 * For maps: one string for all identifiers that mean the same, and for no others. Its form is nobody's business.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when the selector does not parse
 */
export function objectIdentifierKey(id: ObjectIdentifier): string {
  const selector = id.selector ? parseLabelSelector(id.selector).canonical : '';
  return JSON.stringify([
    id.group ?? '',
    id.version,
    id.kind,
    id.namespace ?? '',
    id.name ?? '',
    selector,
    ...(id.metadataOnly ? [true] : []),
  ]);
}

/** For maps of kinds, as {@link objectIdentifierKey} is for objects. */
export function groupVersionKindKey({ group, version, kind }: GroupVersionKind): string {
  return JSON.stringify([group ?? '', version, kind]);
}

/** A selector stands in a URL, and a header field of HTTP/2 can hold 64 KiB in all, encoded. */
const longestSelector = 32 * 1024;

const longestDescription = 256;

const fields = ['group', 'version', 'kind', 'namespace', 'name', 'selector'] as const;

/** Checks what all identifiers and queries have in common: strings, a version, a kind, no path segments that climb. */
export function validateQuery(id: ObjectIdentifier): void {
  checkFields(id);
  if (id.namespace) checkSegment('namespace', id.namespace);
  const { metadataOnly }: { metadataOnly?: unknown } = id;
  if (metadataOnly !== undefined && typeof metadataOnly !== 'boolean')
    throw invalidInput('metadataOnly: expected true or false');
  checkVersion(id);
  if (!id.kind) throw invalidInput('kind: must be set, for example "ConfigMap"');
  if (!id.selector) return;
  if (id.selector.length > longestSelector) {
    throw invalidInput(
      `selector: ${id.selector.length} characters are more than a request can carry; the longest is ${longestSelector}`,
    );
  }
  parseLabelSelector(id.selector);
}

function checkFields(id: ObjectIdentifier): void {
  checkRecord('object identifier', id, 'an object with version and kind');
  // By the thousand; so in one loop, and without a call for each field.
  for (const field of fields) {
    const value: unknown = id[field];
    if (value === undefined) continue;
    if (typeof value !== 'string') throw wrongType(field, 'a string', value);
    if (value === '.' || value === '..') throw namesNothing(field, value);
  }
}

/** As `path.IsValidPathSegmentName` of k8s.io/apimachinery: servers decode `%2F` before they split a path. */
export function checkSegment(field: string, value = ''): void {
  const isBad = value === '.' || value === '..' || /[/%]/.test(value) || !value.isWellFormed();
  if (isBad) throw namesNothing(field, value);
}

function namesNothing(field: string, value: string): DepwatchError {
  return invalidInput(`${field}: ${JSON.stringify(value)} names nothing in Kubernetes`);
}

/** An apiVersion in its place would be waited for, since such a version may come; who means one is told what to write. */
function checkVersion(id: ObjectIdentifier): void {
  const { version } = id;
  if (version && !version.includes('/')) return;
  const { apiVersion } = id as { apiVersion?: unknown };
  const meant = version || apiVersion;
  if (!meant || typeof meant !== 'string')
    throw invalidInput('version: must be set, for example "v1"');
  const [last, group] = meant.split('/').toReversed();
  const parts = `${group ? `group: ${JSON.stringify(group)}, ` : ''}version: ${JSON.stringify(last)}`;
  throw invalidInput(`version: an identifier has no apiVersion; say ${parts}`);
}

/**
 * Checks that `id` names one object or selects a set.
 *
 * @throws DepwatchError ERR_INVALID_INPUT unless version and kind are set, exactly one of name and selector is set,
 * and the selector parses; the message names the field
 */
export function validateObjectIdentifier(id: ObjectIdentifier): void {
  validateQuery(id);
  if (id.name && id.selector) {
    throw invalidInput('name, selector: set one of them, not both');
  }
  if (!id.name && !id.selector) {
    throw invalidInput(
      'name, selector: one of them must be set; to depend on all of a kind, list it without either in a query batch ' +
        '(queryBatch or startQueryBatch, with enableCache); to reconcile each of them, addMapping, or createController of ' +
        '@depwatch/controller',
    );
  }
}

/** A frozen copy that holds the fields of an identifier that `id` sets, and nothing else. */
export function copyObjectIdentifier(id: ObjectIdentifier): ObjectIdentifier {
  const copy: Record<string, string | boolean> = {};
  for (const field of fields) {
    const value = id[field];
    if (value !== undefined) copy[field] = value;
  }
  if (id.metadataOnly) copy['metadataOnly'] = true;
  return Object.freeze(copy as unknown as ObjectIdentifier);
}

/**
 * The kind of an object.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when it has no apiVersion or kind; lists and some clients leave them out
 */
export function groupVersionKindFrom(
  object: KubernetesObject | Cached<KubernetesObject>,
): GroupVersionKind {
  checkRecord('object', object, 'an object with apiVersion, kind and metadata');
  const { apiVersion, kind } = object;
  if (!apiVersion || typeof apiVersion !== 'string')
    throw invalidInput('apiVersion: the object has none; set it, for example "apps/v1"');
  if (!kind || typeof kind !== 'string')
    throw invalidInput('kind: the object has none; set it, for example "Deployment"');
  const slash = apiVersion.indexOf('/');
  return {
    ...(slash > 0 && { group: apiVersion.slice(0, slash) }),
    version: apiVersion.slice(slash + 1),
    kind,
  };
}

/**
 * The identifier of an object that has apiVersion, kind and a name.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when one of them is missing
 */
export function objectIdentifierFrom(
  object: KubernetesObject | Cached<KubernetesObject>,
): ObjectIdentifier {
  const gvk = groupVersionKindFrom(object);
  const { metadata } = object;
  if (!metadata?.name) throw invalidInput('metadata.name: the object has none');
  const id: ObjectIdentifier = {
    ...gvk,
    ...(metadata.namespace && { namespace: metadata.namespace }),
    name: metadata.name,
  };
  validateObjectIdentifier(id);
  return id;
}
