import { busyCollection } from './busy-collection.ts';

/**
 * What it costs to watch objects apart and together, by the size of their collection, the share that is demanded and the
 * rate of writes: by this table the default bounds of `watchPlanBounds` were chosen.
 */
export const planCosts = busyCollection({
  id: 'plan-costs',
  title: 'Names watched apart and together',
  onlyByName: true,
  inOneTable: true,
  sizes: (full) =>
    (full ? [100, 1_000, 10_000] : [100, 1_000]).flatMap((objects) =>
      [0.01, 0.1, 1].flatMap((share) =>
        (full ? [0, 50, 500] : [0, 50]).map((perSecond) => ({
          ...{ objects, demanded: objects * share, perSecond },
          seconds: full ? 10 : 4,
        })),
      ),
    ),
});
