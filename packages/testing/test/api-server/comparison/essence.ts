import type { Answer, Step } from './script.ts';

/** What differs from one server, or one run, to the next. */
const particular = new Set([
  'resourceVersion',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'lastTransitionTime',
  'lastUpdateTime',
  'time',
  'continue',
  'storageVersionHash',
  'token',
  'expirationTimestamp',
]);
const addresses = new Set([
  'serverAddress',
  'clusterIP',
  'clusterIPs',
  'nodePort',
  'healthCheckNodePort',
]);

/**
 * What matters to a client in the answers to a script, in order. Of a refusal: the reason and the fields at fault, not
 * the words; of an object: all of it, whether its version has moved, and, where the step says so, who manages what and
 * in which order the keys come.
 */
export function essences(answers: readonly Answer[], namespace: string): unknown[] {
  const versions = new Map<string, string>();
  return answers.map((answer) => essence(answer, namespace, versions));
}

function essence(
  { step, status, contentType, warnings, retryAfter, body }: Answer,
  namespace: string,
  versions: Map<string, string>,
): unknown {
  const [, , , options = {}] = step;
  const envelope = {
    status,
    contentType,
    ...(retryAfter && { retryAfter }),
    ...(warnings > 0 && { warnings }),
  };
  if (options.only === 'status') return envelope;
  if (isObject(body) && body['kind'] === 'Status')
    return { ...envelope, refusal: statusOf(body, step, namespace) };
  if (typeof body === 'string') return { ...envelope, ...(status < 400 && { text: body }) };
  const moved = isObject(body) && hasMoved(body, versions);
  const content = masked(withoutPassingBookmarks(body), namespace, options.managers === true);
  return {
    ...envelope,
    ...(moved !== undefined && { moved }),
    body: content,
    ...(options.order && { order: orderOf(content) }),
  };
}

/** Whether an object's version is another than in the answer before; undefined for what is no object, or is new. */
function hasMoved(body: Json, versions: Map<string, string>): boolean | undefined {
  const metadata = body['metadata'];
  if (!isObject(metadata) || typeof metadata['name'] !== 'string') return undefined;
  const key = `${String(body['kind'])} ${metadata['name']}`;
  const before = versions.get(key);
  versions.set(key, String(metadata['resourceVersion']));
  return before === undefined ? undefined : before !== metadata['resourceVersion'];
}

/** The paths of all fields, in the order in which they came. */
function orderOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) => orderOf(item, `${path}[${index}]`));
  if (!isObject(value)) return [path];
  return Object.entries(value).flatMap(([key, item]) => orderOf(item, `${path}.${key}`));
}

/** The lines of a watch without the bookmarks that come with time, unlike the one after the initial events. */
function withoutPassingBookmarks(body: unknown): unknown {
  if (!Array.isArray(body)) return body;
  return body.filter(
    (line) => line.type !== 'BOOKMARK' || line.object.metadata.annotations !== undefined,
  );
}

function statusOf(body: Json, [, , sent]: Step, namespace: string): unknown {
  const { status, reason, code } = body;
  const details = isObject(body['details']) ? body['details'] : {};
  const causes = Array.isArray(details['causes']) ? details['causes'].filter(isObject) : [];
  // Go leaves out what is empty, in some places.
  const given = (value: unknown): unknown => (value === '' ? undefined : value);
  return masked(
    {
      status,
      reason,
      code,
      kind: given(details['kind']),
      group: given(details['group']),
      name: isNameMade(sent) ? undefined : given(details['name']),
      retryAfterSeconds: details['retryAfterSeconds'],
      causes: causes
        .map((cause) => {
          // The manager in the way is nowhere but in the words.
          const manager = /^conflict with "([^"]*)"/.exec(String(cause['message']))?.[1];
          return [cause['reason'], cause['field'], manager].filter(Boolean).join(' ');
        })
        .toSorted(),
    },
    namespace,
    false,
  );
}

/** Whether a request leaves it to the server to make up a name. */
function isNameMade(sent: unknown): boolean {
  return isObject(sent) && isObject(sent['metadata']) && 'generateName' in sent['metadata'];
}

function masked(value: unknown, namespace: string, managers: boolean, key = ''): unknown {
  if (typeof value === 'string') {
    if (value !== '' && particular.has(key)) return `<${key}>`;
    return value
      .replaceAll(namespace, '<ns>')
      .replace(/^\d+m?s$/, '<age>')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uid>')
      .replace(/^20[\d-]+T[\d:]+Z$/, (time) => (time < '2026-02' ? time : '<now>'));
  }
  if (addresses.has(key) && typeof value === 'number') return `<${key}>`;
  if (Array.isArray(value))
    // The order of managers is that of seconds, which may or may not have passed.
    return (key === 'managedFields' ? value.toSorted(byManager) : value)
      .filter((item) => !isForeignGroup(item))
      .map((item) =>
        addresses.has(key) && item !== 'None' ? `<${key}>` : masked(item, namespace, managers),
      );
  if (!isObject(value)) return value;
  const made = value['generateName'];
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'managedFields' || managers)
      // Prose that comes from the comments of Go types.
      .filter(([name]) => name !== 'description' || !('format' in value))
      .map(([name, item]) => {
        if (
          name === 'name' &&
          typeof made === 'string' &&
          String(item).startsWith(made.slice(0, 58))
        )
          return [name, `<${String(item).length} characters>`];
        if (addresses.has(name) && typeof item === 'string' && /^\d+\./.test(item))
          return [name, `<${name}>`];
        return [name.replaceAll(namespace, '<ns>'), masked(item, namespace, managers, name)];
      }),
  );
}

function byManager(a: Json, b: Json): number {
  const [left, right] = [a, b].map((entry) =>
    [entry['manager'], entry['operation'], entry['subresource']].join(' '),
  );
  return left! < right! ? -1 : 1;
}

/** Whether it is the discovery of a group that another script defines. */
function isForeignGroup(item: unknown): boolean {
  return (
    isObject(item) && 'preferredVersion' in item && String(item['name']).endsWith('.example.com')
  );
}

/** Where two values differ, as lines `path: expected, not actual`. Keys' order is none of it. */
export function differences(expected: unknown, actual: unknown, path = ''): string[] {
  if (isObject(expected) && isObject(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...keys].flatMap((key) => differences(expected[key], actual[key], `${path}.${key}`));
  }
  if (path.endsWith('.order') && Array.isArray(expected) && Array.isArray(actual)) {
    const at = expected.findIndex((item, index) => item !== actual[index]);
    return at < 0 ? [] : [`${path}: ${expected[at]}, not ${actual[at]}`];
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length)
    return expected.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`));
  const [wanted, got] = [JSON.stringify(expected), JSON.stringify(actual)];
  return wanted === got ? [] : [`${path}: ${brief(wanted)}, not ${brief(got)}`];
}

function brief(text: string | undefined): string {
  return text === undefined ? 'nothing' : text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
