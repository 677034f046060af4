import type { Clock, Logger } from '@depwatch/controller';
import type { WatchStatus } from '@depwatch/dynamic-watcher';
import type { ReloaderEvent } from './events.ts';

/** How often the states of watches are looked at. */
const lookEveryMs = 1000;

/** What can't be watched at present, since somebody has to do something about it: why, by kind and namespace. */
export function refusals(statuses: readonly WatchStatus[]): ReadonlyMap<string, string> {
  const refused = new Map<string, string>();
  for (const { watched, state, lastError } of statuses) {
    if (state === 'live' || state === 'polling' || !lastError) continue;
    if (!['ERR_FORBIDDEN', 'ERR_UNAUTHORIZED'].includes(lastError.code)) continue;
    const { kind, namespace } = watched;
    const what = `${kind} objects${namespace ? ` in namespace ${namespace}` : ''}`;
    if (!refused.has(what)) refused.set(what, lastError.message);
  }
  return refused;
}

/**
 * Tells, once, what can't be watched, and when it can be again.
 *
 * @param look what is watched and how that goes
 * @returns what ends it
 */
export function watchRefusals(
  look: () => readonly WatchStatus[],
  clock: Clock,
  tell: (event: ReloaderEvent) => void,
): () => void {
  let told: ReadonlyMap<string, string> = new Map();
  let timer: Disposable;
  const again = (): void => {
    const now = refusals(look());
    for (const [what, message] of now) if (!told.has(what)) tell({ type: 'failed', message });
    for (const what of told.keys())
      if (!now.has(what)) tell({ type: 'notice', message: `${what} may be watched again` });
    told = now;
    timer = clock.setTimeout(again, lookEveryMs);
  };
  timer = clock.setTimeout(again, lookEveryMs);
  return () => timer[Symbol.dispose]();
}

/**
 * A logger for a dynamic watcher that tells what its warnings and notices say. What concerns the API server as a whole,
 * several watchers log alike: one of them tells it.
 *
 * @param tellsServer whether this is the one
 */
export function tellingLogger(
  logger: Logger | undefined,
  tellsServer: boolean,
  tell: (event: ReloaderEvent) => void,
): Logger {
  const told = (type: 'failed' | 'notice', fields: object, message: string): void => {
    // Reconciles that fail are told of with their workload; a watch that can't be had, as the server's or its kind's trouble.
    if ('watcher' in fields || 'watched' in fields) return;
    if (!tellsServer && !('resource' in fields)) return;
    const { error } = fields as { error?: Error };
    tell({ type, message: error ? `${message}: ${error.message}` : message });
  };
  return {
    debug: (fields, message) => logger?.debug(fields, message),
    info(fields, message) {
      logger?.info(fields, message);
      told('notice', fields, message);
    },
    warn(fields, message) {
      logger?.warn(fields, message);
      told('failed', fields, message);
    },
    error(fields, message) {
      logger?.error(fields, message);
      told('failed', fields, message);
    },
  };
}
