import { describeAggregated } from '../kinds/aggregated-discovery.ts';
import {
  describeGroup,
  describeGroups,
  describeLegacyVersions,
  describeResources,
} from '../kinds/discovery.ts';
import type { Registry } from '../store/registry.ts';
import { sendCacheable, sendJson, sendNotFoundPage } from './answers.ts';
import type { Exchange } from './exchange.ts';
import { aggregatedDiscovery, negotiateDiscovery } from './negotiation.ts';
import { answerProbe, isProbe } from './probes.ts';
import type { RequestInfo } from './request-info.ts';
import { methodNotAllowed, noSuchResource } from './status.ts';

/** What the server itself is described from. */
export interface PathParts {
  readonly registry: Registry;
  /** `host:port`, for discovery. */
  serverAddress(): string;
}

/**
 * Answers what is asked of the server itself, not of its objects.
 *
 * @throws StatusError 404, 405 or 406
 */
export function answerPath(
  { path, method, query }: RequestInfo,
  exchange: Exchange,
  { registry, serverAddress }: PathParts,
): void {
  const [first, second, third, ...more] = path.replace(/^\/+|\/+$/g, '').split('/');
  if (isProbe(first)) {
    const check = path.replace(/^\/+[^/]*\/*|\/+$/g, '');
    const text = answerProbe(first, check, query);
    if (text === undefined) sendNotFoundPage(exchange);
    else exchange.send(200, 'text/plain; charset=utf-8', text);
    return;
  }
  const isRoot = (first === 'api' || first === 'apis') && second === undefined;
  if (isRoot && negotiateDiscovery(exchange.headers.accept) === 'aggregated') {
    const body = describeAggregated(registry, first === 'api' ? 'core' : 'named');
    sendCacheable(exchange, aggregatedDiscovery, JSON.stringify(body));
    return;
  }
  const isOfGroups = first === 'apis' && third === undefined;
  let body: unknown;
  if (more.length > 0) body = undefined;
  else if (first === 'version' && second === undefined) body = serverVersion;
  else if (first === 'api' && second === undefined) {
    body = describeLegacyVersions(serverAddress());
  } else if (first === 'api' && third === undefined) {
    body = describeResources(registry, '', second!);
  } else if (first === 'apis' && second === undefined) body = describeGroups(registry);
  else if (first === 'apis' && third === undefined) body = describeGroup(registry, second!);
  else if (first === 'apis') {
    body = describeResources(registry, second!, third!);
  }
  if (body === undefined) {
    const group = first === 'api' ? '' : first === 'apis' && third !== undefined && second;
    if (typeof group === 'string' && more.length === 0 && registry.isBuiltIn(group)) {
      throw noSuchResource();
    }
    sendNotFoundPage(exchange);
  } else if (method !== 'GET' && !(method === 'HEAD' && isOfGroups)) throw methodNotAllowed();
  else sendJson(exchange, 200, JSON.stringify(body));
}

/** What the server says it is. */
const serverVersion = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3+depwatch',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'node',
};
