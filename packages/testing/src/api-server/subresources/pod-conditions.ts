import { asJsonObject, type JsonObject } from '../http/api-object.ts';

/** The conditions in a status. */
export function conditionsOf(status: unknown): readonly JsonObject[] {
  const { conditions } = asJsonObject(status);
  return Array.isArray(conditions) ? conditions.map(asJsonObject) : [];
}

/** Whether a status has a condition that is true. */
export function hasCondition(status: unknown, type: string): boolean {
  return conditionsOf(status).some(
    (condition) => condition.type === type && condition.status === 'True',
  );
}

/** A status with a condition, in the place of the one of its type. */
export function withCondition(status: unknown, condition: JsonObject, now: string): JsonObject {
  const conditions = conditionsOf(status);
  const changed = { ...condition, lastTransitionTime: now };
  const index = conditions.findIndex(({ type }) => type === condition.type);
  return {
    ...asJsonObject(status),
    conditions: index < 0 ? [...conditions, changed] : conditions.with(index, changed),
  };
}
