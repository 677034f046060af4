/** What a request is about, as Kubernetes reads its method and path. */
export interface RequestInfo {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; the method for other paths. */
  readonly verb: string;
  /** Set when the path names a resource; the rest is `""` otherwise. */
  readonly isResource: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  /** From the path. */
  readonly name: string;
  /** From the path, or from a field selector on metadata.name: what RBAC's resourceNames are compared with. */
  readonly authorizedName: string;
  /** What follows the version, split; for telling a malformed path. */
  readonly parts: readonly string[];
}

const verbs = new Map([
  ['POST', 'create'],
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
]);

/** Reads a method and the target of a request line; after apiserver's `RequestInfoFactory`. */
export function parseRequest(method: string, target: string): RequestInfo {
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  const query = new URLSearchParams(question < 0 ? '' : target.slice(question + 1));
  const none = {
    method,
    path,
    query,
    verb: method.toLowerCase(),
    isResource: false,
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    authorizedName: '',
    parts: [],
  };
  const segments = splitPath(path);
  const prefix = segments.shift();
  if ((prefix !== 'api' && prefix !== 'apis') || segments.length < (prefix === 'api' ? 2 : 3)) {
    return none;
  }
  const group = prefix === 'apis' ? segments.shift()! : '';
  const version = segments.shift()!;
  let verb = verbs.get(method) ?? '';
  const legacyWatch = segments[0] === 'watch';
  if (legacyWatch) {
    segments.shift();
    verb = 'watch';
  }
  let namespace = '';
  let parts = segments;
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1]!;
    if (parts.length > 2 && parts[2] !== 'status' && parts[2] !== 'finalize')
      parts = parts.slice(2);
  }
  const [resource = '', name = '', subresource = ''] = parts;
  if (legacyWatch && parts.length <= 2) {
    // The old way to say what the query says now.
    query.set('watch', '1');
    if (name !== '') {
      const escaped = name.replace(/[\\,=]/g, (character) => `\\${character}`);
      const selector = query.get('fieldSelector');
      query.set('fieldSelector', `${selector ? `${selector},` : ''}metadata.name=${escaped}`);
    }
    const kind = { group, version, resource, namespace };
    return { ...none, ...kind, verb, isResource: true, authorizedName: name, parts: [resource] };
  }
  if (name === '' && verb === 'get') verb = isTrue(query.get('watch')) ? 'watch' : 'list';
  if (name === '' && verb === 'delete') verb = 'deletecollection';
  const ofCollection = name === '' && ['list', 'watch', 'deletecollection'].includes(verb);
  return {
    ...none,
    verb,
    isResource: true,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    authorizedName: ofCollection ? selectedName(query) : name,
    parts,
  };
}

/** A boolean of a query: Kubernetes takes anything but `false` and `0` for true, the empty value too. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

function splitPath(path: string): string[] {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? [] : trimmed.split('/').map(decodeSegment);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The name that a field selector pins; a selector that doesn't parse pins none, and is refused later. */
function selectedName(query: URLSearchParams): string {
  const selector = query.get('fieldSelector') ?? '';
  for (const term of selector.split(/(?<!\\),/)) {
    const match = /^metadata\.name==?(?!=)([^]*)$/.exec(term);
    const name = match?.[1]?.replace(/\\([\\,=])/g, '$1');
    if (name && !name.includes('/') && !name.includes('%')) return name;
  }
  return '';
}
