const versions = new Set(['resourceVersion', 'uid', 'time', 'storageVersionHash', 'continue']);
const times = new Set(['creationTimestamp', 'deletionTimestamp', 'lastTransitionTime']);

/**
 * A result with what differs from server to server, or from one run to the next, made the same: versions, uids, times,
 * tokens, the case's namespace. managedFields goes altogether. Keys are sorted, since their order means nothing.
 */
export function mask(result: unknown, namespace: string): string {
  const text = JSON.stringify(
    result,
    (key, value: unknown) => {
      if (key === 'managedFields') return undefined;
      if (value !== '' && (versions.has(key) || times.has(key)) && typeof value === 'string') {
        return `<${key}>`;
      }
      if (key === 'nodePort') return `<${key}>`;
      return isObject(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value;
    },
    1,
  );
  return text
    .replaceAll(namespace, '<ns>')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replace(/"10(?:\.\d+){3}"/g, '"<ip>"')
    .replace(/current: \d+/g, 'current: <version>')
    .replace(/ResourceVersion in record \(\d+\)/g, 'ResourceVersion in record (<version>)')
    .replace(/\/registry\/[^,]+,/g, '/registry/<key>,');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
