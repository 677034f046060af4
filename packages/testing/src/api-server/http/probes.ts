/** The paths that say whether the server is well. */
export type Probe = 'healthz' | 'livez' | 'readyz';

// Those of the real server's that mean something here; it has some thirty more.
const common = ['ping', 'log', 'etcd', 'poststarthook/rbac/bootstrap-roles'];
const checks: Readonly<Record<Probe, readonly string[]>> = {
  healthz: common,
  livez: common,
  readyz: [...common, 'informer-sync', 'shutdown'],
};

/** Whether it is the first segment of a path that asks for one. */
export function isProbe(segment: string | undefined): segment is Probe {
  return segment !== undefined && Object.hasOwn(checks, segment);
}

/**
 * The text of the answer, which is always good, since a server that is not well doesn't answer here; undefined where there
 * is no such check.
 *
 * @param check what follows in the path; `""` for all checks
 */
export function answerProbe(
  probe: Probe,
  check: string,
  query: URLSearchParams,
): string | undefined {
  if (check !== '') return checks[probe].includes(check) ? 'ok' : undefined;
  if (!query.has('verbose')) return 'ok';
  const excluded = query.getAll('exclude');
  const lines = checks[probe].map((name) =>
    excluded.includes(name) ? `[+]${name} excluded: ok` : `[+]${name} ok`,
  );
  const unknown = excluded.filter((name) => !checks[probe].includes(name));
  if (unknown.length > 0) {
    const names = unknown.map((name) => JSON.stringify(name)).join(',');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  return [...lines, `${probe} check passed`, ''].join('\n');
}
