import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { createReplicas, type ReplicasOptions } from '../src/index.ts';
import { leaseNameOf } from '../src/shards/replica-lease.ts';

const client = createFakeTransport();
const make = (options: object) => () =>
  createReplicas({ namespace: 'shop', name: 'web', client, ...options } as ReplicasOptions);

describe('options', () => {
  test.each([
    [{ namespace: '../x' }, 'namespace'],
    [{ namespace: undefined }, 'namespace'],
    [{ name: 'Web' }, 'name'],
    [{ identity: '' }, 'identity'],
    [{ mode: 'both' }, 'mode'],
    [{ leaseDurationMs: 0 }, 'leaseDurationMs'],
    [{ leaseDurationMs: 2 ** 31 }, 'leaseDurationMs'],
    [{ renewDeadlineMs: 15_000 }, 'renewDeadlineMs'],
    [{ retryPeriodMs: 6000 }, 'retryPeriodMs'],
    [{ retryPeriodMs: Number.NaN }, 'retryPeriodMs'],
  ])('%o is refused, and named', (options, name) => {
    expect(make(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_INPUT',
        message: expect.stringMatching(`^${name}: `) as string,
      }),
    );
  });

  test('a replica has a name of its own where none is given', () => {
    expect(make({})().identity).not.toBe(make({})().identity);
  });
});

describe("the name of a replica's Lease", () => {
  test('is that of the group and the replica', () => {
    expect(leaseNameOf('web', 'web-7d9f-x2')).toBe('web-web-7d9f-x2');
  });

  test.each(['Über', 'a/b', 'a..b', '-', 'x'.repeat(253), '..'])(
    'is one for %s, too',
    (identity) => {
      const name = leaseNameOf('web', identity);
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
      expect(name.length).toBeLessThanOrEqual(253);
    },
  );

  test('differs where what is left of two identities is the same', () => {
    expect(leaseNameOf('web', 'a/b')).not.toBe(leaseNameOf('web', 'a b'));
  });
});
