import {
  describeObjectIdentifier,
  describeRequest,
  type Avoided,
  type DepwatchError,
  type Logger,
  type Metrics,
  type ObjectIdentifier,
  type PlanEffect,
  type PlanReason,
  type ResourceQuery,
} from '@depwatch/core';
import type { SupplyAudience } from '../../observe/supply-audience.ts';

/** What is told of a branch whose plan has changed. */
export interface PlanNumbers {
  /** The namespace, or the kind. */
  readonly watched: ObjectIdentifier;
  /** How many identifiers are demanded of it. */
  readonly demanded: number;
  /** How many objects it has; undefined where nobody has seen them. */
  readonly size: number | undefined;
}

/** Why a plan is changed, in words for people; each ends a sentence that says what is changed. */
export const planReasons: Readonly<Record<PlanReason, string>> = {
  demand: 'so many are demanded that one watch costs less',
  few: 'few are demanded by now',
  large: 'it has far more objects than are demanded',
  busy: 'far more events come than are wanted',
  refused: 'the server refuses to have it watched',
  unknown: 'its size is not known',
  slow: 'the server did not answer in time',
  failing: 'it keeps failing',
  unordered: 'the versions of its objects are not in order',
  kind: 'the watch of the kind serves it',
};

/** Tells logs, metrics and who looks on of plans, and of the watches that serve many. */
export class PlanReports {
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #audience: SupplyAudience;

  constructor(logger: Logger, metrics: Metrics, audience: SupplyAudience) {
    this.#logger = logger;
    this.#metrics = metrics;
    this.#audience = audience;
  }

  /** A plan has changed. */
  changed(
    { change, reason }: Extract<PlanEffect, { type: 'changed' }>,
    { watched, demanded, size }: PlanNumbers,
  ): void {
    this.#audience.plan({
      watched,
      change,
      reason,
      demanded,
      ...(size !== undefined && { size }),
    });
    const level = levelOf(watched);
    this.#metrics.count('depwatch_plan_changes_total', { change, level, reason });
    const what =
      change === 'share' ? `one watch of a ${level} serves all` : `a watch of a ${level} ends`;
    this.#logger.info(
      {
        watched: describeObjectIdentifier(watched),
        demanded,
        ...(size !== undefined && { size }),
        reason,
      },
      `${what}: ${planReasons[reason]}`,
    );
  }

  /** Why there is no watch of many, though many there are. */
  avoided(
    { why, since, lookAt, size }: Avoided,
    { watched, demanded, ...seen }: PlanNumbers,
  ): void {
    const known = size ?? seen.size;
    this.#logger.debug(
      {
        watched: describeObjectIdentifier(watched),
        demanded,
        ...(known !== undefined && { size: known }),
        reason: why,
        forMs: Math.round(lookAt - since),
      },
      `a watch of a ${levelOf(watched)} is not tried for a while: ${planReasons[why]}`,
    );
  }

  /** The one watch of many is retried. */
  retried(query: ResourceQuery, error: DepwatchError, ms: number): void {
    this.#metrics.count('depwatch_watch_retries_total', { code: error.code });
    this.#logger.debug(
      { request: describeRequest('watch', query), error, retryAfterMs: Math.round(ms) },
      'a watch that serves many is retried',
    );
  }

  /** Events came, of which so many somebody had asked for. */
  distributed(received: number, wanted: number): void {
    const name = 'depwatch_collection_events_total';
    if (wanted > 0) this.#metrics.count(name, { wanted: 'true' }, wanted);
    if (received > wanted) this.#metrics.count(name, { wanted: 'false' }, received - wanted);
  }
}

function levelOf({ namespace }: ObjectIdentifier): 'namespace' | 'kind' {
  return namespace ? 'namespace' : 'kind';
}
