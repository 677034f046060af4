import type { Clock, KubernetesObject, ResourceQuery, Transport, WatchEvent } from '@depwatch/core';

import type { Pace } from '../pace.ts';
import { sleep, within } from '../waiting.ts';

/** What comes of following the Leases. */
export interface LeaseReader {
  listed(leases: readonly KubernetesObject[], resourceVersion: string): void;
  /** Anything but a bookmark. */
  event(event: Exclude<WatchEvent, { type: 'BOOKMARK' }>): void;
  failed(error: unknown): void;
}

/** How the Leases are followed. */
export interface LeaseReading {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** For each list, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Of all who read them in turn: that somebody reads anew is no reason not to wait. */
  readonly pace: Pace;
}

/** A watch that goes on for as long; then it is listed anew, which costs little for so few. */
const watchMs = 5 * 60_000;
/** A watch that lasted for so long was none that is ended as soon as it begins. */
const steadyMs = 10_000;

/**
 * Lists, and watches from there, until the signal is aborted; whatever ends a watch, all is listed anew. The list asks
 * for the newest state: an older one would hide what others claim.
 */
export async function followLeases(
  transport: Transport,
  query: ResourceQuery,
  { clock, signal, requestTimeoutMs, pace }: LeaseReading,
  reader: LeaseReader,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(clock, pace.waitMs, signal);
    if (signal.aborted) return;
    const beganAt = clock.now();
    const isSteady = (): boolean => clock.now() - beganAt >= steadyMs;
    try {
      const { leases, resourceVersion } = await within(clock, requestTimeoutMs, signal, (limited) =>
        listAll(transport, query, limited),
      );
      if (signal.aborted) return;
      reader.listed(leases, resourceVersion);
      const timeoutMs = watchMs * (0.9 + clock.random() * 0.2);
      for await (const events of transport.watch(query, { signal, resourceVersion, timeoutMs })) {
        for (const event of events) {
          if (signal.aborted) return;
          if (event.type !== 'BOOKMARK') reader.event(event);
        }
      }
      if (signal.aborted) return;
      if (isSteady()) pace.worked();
      else pace.failed();
    } catch (error) {
      if (signal.aborted) return;
      if (isSteady()) pace.worked();
      pace.failed(error);
      reader.failed(error);
    }
  }
}

async function listAll(
  transport: Transport,
  query: ResourceQuery,
  signal: AbortSignal,
): Promise<{ leases: readonly KubernetesObject[]; resourceVersion: string }> {
  const leases: KubernetesObject[] = [];
  let page = await transport.list(query, { signal, limit: 500 });
  leases.push(...page.items);
  while (page.continue) {
    page = await transport.list(query, { signal, limit: 500, continue: page.continue });
    leases.push(...page.items);
  }
  return { leases, resourceVersion: page.resourceVersion };
}
