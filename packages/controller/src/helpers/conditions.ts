import { checkMethods, checkRecord, checkText, wrongType, type Clock } from '@depwatch/core';

/** A condition of a status, as `metav1.Condition` of Kubernetes has it. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** When `status` became what it is; RFC 3339. */
  readonly lastTransitionTime: string;
  /** Why, as one CamelCase word. */
  readonly reason: string;
  /** Why, for people. */
  readonly message: string;
  /** Of which generation of the object it tells. */
  readonly observedGeneration?: number;
}

/**
 * Sets one condition among others, as `meta.SetStatusCondition` of Kubernetes does: its time changes only with its status, so
 * saying the same again changes nothing.
 *
 * @param conditions as they are now; undefined for none. They are left as they are
 * @param clock the time of a change; its scale has to be the Unix epoch, as the system clock's is
 * @returns the conditions to be; `conditions` itself where nothing changes
 * @throws DepwatchError ERR_INVALID_INPUT for what are no conditions, or no clock
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  condition: Omit<Condition, 'lastTransitionTime'>,
  clock: Pick<Clock, 'now'>,
): readonly Condition[] {
  const all = conditions ?? [];
  if (!Array.isArray(all)) throw wrongType('conditions', 'an array', all);
  all.forEach((one, index) => checkRecord(`conditions[${index}]`, one, 'a condition'));
  checkRecord('condition', condition, 'an object with type, status, reason and message');
  for (const field of ['type', 'status'] as const)
    checkText(`condition.${field}`, condition[field] ?? null);
  checkMethods('clock', clock, ['now']);
  const index = all.findIndex(({ type }) => type === condition.type);
  const known = all[index];
  if (known && isSame(known, condition)) return all;
  const time =
    known?.status === condition.status ? known.lastTransitionTime : secondsOf(clock.now());
  const changed: Condition = { ...condition, lastTransitionTime: time };
  return known ? all.with(index, changed) : [...all, changed];
}

function isSame(known: Condition, condition: Omit<Condition, 'lastTransitionTime'>): boolean {
  return (
    known.status === condition.status &&
    known.reason === condition.reason &&
    known.message === condition.message &&
    known.observedGeneration === condition.observedGeneration
  );
}

/** The server keeps whole seconds of a Time. */
function secondsOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
