import type { Attribution } from '../reconcile/attribution.ts';
import type { Observation } from './observation.ts';
import type { Audience } from './observers.ts';

/** Whom a loop tells what becomes of reconciles. */
export interface ReconcileAudience {
  /** Whether anybody listens to observations of a type, whomever they are for. */
  listensTo(type: Observation['type']): boolean;
  /** @param key the watcher's */
  tell(key: string, observation: Observation): void;
}

/** Of a loop whose watchers are all one dynamic watcher's. */
export function forAll(audience: Audience): ReconcileAudience {
  return {
    listensTo: (type) => audience.listensTo(type),
    tell: (_key, observation) => audience.tell(observation),
  };
}

/** What is to come. */
const toCome: ReadonlySet<Observation['type']> = new Set(['reconcile-queued', 'reconcile-due']);

/** One of those who share a loop. */
interface Member {
  readonly audience: Audience;
  /** Whether a reconcile that runs is for it, or was when it began. */
  isRunFor(key: string): boolean;
}

/** Of a group's: what is to come is told those for whom it waits, all else those for whom it runs, or did. */
export function forMembers<M extends Member>(
  members: ReadonlySet<M>,
  attribution: Attribution<M>,
): ReconcileAudience {
  return {
    listensTo(type) {
      for (const { audience } of members) if (audience.listensTo(type)) return true;
      return false;
    },
    tell(key, observation) {
      const isToCome = toCome.has(observation.type);
      for (const member of isToCome ? attribution.members(key, 'waiting') : members) {
        if (!isToCome && !member.isRunFor(key)) continue;
        if (member.audience.listensTo(observation.type)) member.audience.tell(observation);
      }
    },
  };
}
