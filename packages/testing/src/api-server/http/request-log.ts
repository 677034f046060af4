import type { RequestInfo } from './request-info.ts';

/** Which requests are counted; all that is left out matches anything. */
export interface RequestFilter {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb?: string;
  /** The plural name of a resource: `configmaps`. */
  readonly resource?: string;
}

/** What a server has been asked, counted: for tests that say how few requests something takes. */
export interface RequestLog {
  /** Requests since the start or the last {@link reset}, including those that were refused. */
  count(filter?: RequestFilter): number;
  /** Forgets all requests so far; what is open stays counted. */
  reset(): void;
  /** Watch streams that are open now. */
  openWatches(filter?: Pick<RequestFilter, 'resource'>): number;
  /** Sockets that are open now. */
  readonly openConnections: number;
  /** The most sockets that were open at once since the start or the last {@link reset}. */
  readonly maxOpenConnections: number;
}

/** Counts requests by verb and resource. */
export class RequestCounter {
  readonly #counts = new Map<string, number>();

  add({ verb, resource }: RequestInfo): void {
    const key = `${verb} ${resource}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  count({ verb, resource }: RequestFilter = {}): number {
    let sum = 0;
    for (const [key, count] of this.#counts) {
      const space = key.indexOf(' ');
      if (verb !== undefined && key.slice(0, space) !== verb) continue;
      if (resource !== undefined && key.slice(space + 1) !== resource) continue;
      sum += count;
    }
    return sum;
  }

  reset(): void {
    this.#counts.clear();
  }
}
