import { type ApiObject, asJsonObject, asText } from '../http/api-object.ts';
import { StatusError, tooManyEvictions } from '../http/status.ts';
import { selectsLabels } from '../reads/selector-objects.ts';
import { conditionsOf, hasCondition, withCondition } from './pod-conditions.ts';

/** What an eviction does: deletes the pod, and takes one disruption off a budget. */
export interface EvictionPlan {
  /** The budget with one disruption less; undefined when none is touched. */
  readonly budget?: ApiObject;
}

/**
 * Decides about an eviction, as the real server does; nothing keeps a budget's status up to date but who writes it.
 *
 * @param budgets those of the pod's namespace
 * @throws StatusError 429 when a budget does not allow it, 500 when there is more than one
 */
export function planEviction(
  pod: ApiObject,
  budgets: readonly ApiObject[],
  now: string,
): EvictionPlan {
  const { phase } = asJsonObject(pod.status);
  const isOver = phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending';
  if (isOver || pod.metadata.deletionTimestamp !== undefined) return {};
  const labels = pod.metadata.labels ?? {};
  const [budget, ...others] = budgets.filter(({ spec }) => {
    const { selector } = asJsonObject(spec);
    return selector !== undefined && selectsLabels(selector, labels);
  });
  if (!budget) return {};
  if (others.length > 0) {
    throw new StatusError(
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  const status = asJsonObject(budget.status);
  const [current, desired] = [Number(status.currentHealthy), Number(status.desiredHealthy)];
  if (!hasCondition(pod.status, 'Ready')) {
    const { unhealthyPodEvictionPolicy } = asJsonObject(budget.spec);
    if (unhealthyPodEvictionPolicy === 'AlwaysAllow' || (current >= desired && desired > 0)) {
      return {};
    }
  }
  return { budget: withOneLess(budget, pod.metadata.name, now) };
}

function withOneLess(budget: ApiObject, pod: string, now: string): ApiObject {
  const { name, generation = 0 } = budget.metadata;
  const status = asJsonObject(budget.status);
  if (Number(status.observedGeneration ?? 0) < generation) {
    const why = `The disruption budget ${name} is still being processed by the server.`;
    throw tooManyEvictions(why, 10);
  }
  const allowed = Number(status.disruptionsAllowed ?? 0);
  if (allowed <= 0) throw tooManyEvictions(whyNone(name, status), 0);
  const changed = {
    ...status,
    disruptionsAllowed: allowed - 1,
    disruptedPods: { ...asJsonObject(status.disruptedPods), [pod]: now },
  };
  if (allowed > 1) return { ...budget, status: changed };
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    observedGeneration: status.observedGeneration,
    reason: 'InsufficientPods',
    message: '',
  };
  return { ...budget, status: withCondition(changed, condition, now) };
}

function whyNone(name: string, status: Readonly<Record<string, unknown>>): string {
  const [current, desired] = [Number(status.currentHealthy), Number(status.desiredHealthy)];
  if (current <= desired) {
    return `The disruption budget ${name} needs ${desired} healthy pods and has ${current} currently`;
  }
  const condition = conditionsOf(status).find(({ type }) => type === 'DisruptionAllowed');
  const why = `The disruption budget ${name} does not allow evicting pods currently`;
  if (condition?.status !== 'False' || !condition.message) return why;
  return `${why} (${asText(condition.reason)}): ${asText(condition.message)}`;
}

/** A pod's status with the reason for which it goes. */
export function evicted(pod: ApiObject, now: string): ApiObject {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  return { ...pod, status: withCondition(pod.status, condition, now) };
}
