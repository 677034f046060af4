import { busyCollection } from './busy-collection.ts';

/**
 * A busy collection of which little or half is demanded: whatever the plan is by default, it must not be the dear one. The full
 * set begins when each watch has got its first bookmark, and lasts until the next one: of 5,000 watches they are a third
 * as many as what is written to.
 */
export const b11 = busyCollection({
  id: 'B11',
  title: 'A busy collection',
  sizes: (full) => {
    const size = full
      ? { objects: 10_000, perSecond: 500, seconds: 60, settleSeconds: 65 }
      : { objects: 1_000, perSecond: 100, seconds: 5 };
    return [20, size.objects / 2].map((demanded) => ({ ...size, demanded }));
  },
});
