import { expect, test } from 'vitest';
import { knownMetrics } from '../src/index.ts';

test.each(Object.entries(knownMetrics))(
  '%s is named as Prometheus asks, and explained',
  (name, of) => {
    expect(name).toMatch(/^[a-z][a-z_]+[a-z]$/);
    expect(name.endsWith('_total')).toBe(of.type === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds)/);
    expect(of.help).toMatch(/^\S.*\.$/);
    expect(of.buckets !== undefined).toBe(of.type === 'histogram');
    expect(of.buckets ?? []).toEqual((of.buckets ?? []).toSorted((a, b) => a - b));
  },
);
