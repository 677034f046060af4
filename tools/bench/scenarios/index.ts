import { b1 } from './b1-add-watches.ts';
import { b11 } from './b11-busy-collection.ts';
import { b1s } from './b1s-add-names.ts';
import { b10 } from './b10-churn.ts';
import { b13 } from './b13-replicas.ts';
import { b14 } from './b14-own-objects.ts';
import { b15 } from './b15-writes-beside-watches.ts';
import { b2 } from './b2-fan-out.ts';
import { b3 } from './b3-burst.ts';
import { b4 } from './b4-selector.ts';
import { b5 } from './b5-latency.ts';
import { b6 } from './b6-cold-start.ts';
import { b7 } from './b7-outage.ts';
import { b7s } from './b7s-outage-of-plans.ts';
import { b8 } from './b8-idle.ts';
import { b9 } from './b9-stall.ts';
import { planCosts } from './plan-costs.ts';
import type { AnyScenario } from './scenario.ts';

/** All scenarios, in the order in which they are run. */
export const scenarios: readonly AnyScenario[] = [
  b1,
  b2,
  b3,
  b4,
  b5,
  b6,
  b7,
  b8,
  b9,
  b10,
  b1s,
  b7s,
  b11,
  b13,
  b14,
  b15,
  planCosts,
];
