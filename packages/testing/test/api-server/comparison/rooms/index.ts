import { room as addresses } from './addresses.ts';
import type { Room } from '../script.ts';
import { room as apply } from './apply.ts';
import { room as bodies } from './bodies.ts';
import { room as customResources } from './custom-resources.ts';
import { room as definitions } from './definitions.ts';
import { room as deletion } from './deletion.ts';
import { room as endings } from './endings.ts';
import { room as events } from './events.ts';
import { room as impersonation } from './impersonation.ts';
import { room as kinds } from './kinds.ts';
import { room as leases } from './leases.ts';
import { room as order } from './order.ts';
import { room as patches } from './patches.ts';
import { room as podsAndServices } from './pods-and-services.ts';
import { lists, watches } from './reads.ts';
import { room as representations } from './representations.ts';
import { room as reviews } from './reviews.ts';
import { room as selections } from './selections.ts';
import { room as subresources } from './subresources.ts';
import { room as validation } from './validation.ts';
import { room as writes } from './writes.ts';

/** What a controller's tests are likely to send. */
export const rooms: readonly Room[] = [
  leases,
  writes,
  bodies,
  patches,
  apply,
  events,
  definitions,
  customResources,
  order,
  validation,
  impersonation,
  deletion,
  kinds,
  subresources,
  reviews,
  representations,
  lists,
  watches,
  selections,
  endings,
  podsAndServices,
  addresses,
];
