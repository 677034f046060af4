import { busyCollection } from './busy-collection.ts';

/** A busy collection of which little or half is demanded: whatever the plan is by default, it must not be the dear one. */
export const b11 = busyCollection({
  id: 'B11',
  title: 'A busy collection',
  sizes: (full) => {
    const size = full
      ? { objects: 10_000, perSecond: 500, seconds: 20 }
      : { objects: 1_000, perSecond: 100, seconds: 5 };
    return [20, size.objects / 2].map((demanded) => ({ ...size, demanded }));
  },
});
