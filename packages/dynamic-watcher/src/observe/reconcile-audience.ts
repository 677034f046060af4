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

/** Of a group's: what is queued is told those for whom it waits, all else those for whom it runs. */
export function forMembers<Member extends { readonly audience: Audience }>(
  members: ReadonlySet<Member>,
  attribution: Attribution<Member>,
): ReconcileAudience {
  return {
    listensTo(type) {
      for (const { audience } of members) if (audience.listensTo(type)) return true;
      return false;
    },
    tell(key, observation) {
      const as = observation.type === 'reconcile-queued' ? 'waiting' : 'running';
      for (const { audience } of attribution.members(key, as))
        if (audience.listensTo(observation.type)) audience.tell(observation);
    },
  };
}
