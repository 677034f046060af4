import { outage } from './outage.ts';

/** As B7, in each plan. */
export const b7s = outage({
  id: 'B7s',
  title: 'API server killed and back, names apart or together',
  cases: (full) =>
    [full ? 10_000 : 1_000].map((objects) => ({
      label: `${objects} names`,
      params: { objects, mayShare: true },
      contestants: ['depwatch', 'per-object', 'shared'],
    })),
});
