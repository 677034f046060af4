import { leases, merge } from '../objects.ts';
import type { Room } from '../script.ts';

const time = '2026-01-02T03:04:05.123456Z';

function lease(spec: object, metadata: object = {}): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'l', ...metadata },
    spec,
  };
}

const named = { name: '{n}' };

const held = (holderIdentity: string): object => ({
  holderIdentity,
  leaseDurationSeconds: 15,
  acquireTime: time,
  renewTime: time,
  leaseTransitions: 0,
});

export const room: Room = {
  name: 'leases',
  scripts: {
    'an election: acquire, renew, lose, take over, release': [
      ['GET', `${leases}/l`],
      ['POST', leases, lease(held('a'))],
      ['POST', leases, lease(held('b'))],
      ['GET', `${leases}/l`],
      ['PUT', `${leases}/l`, lease(held('b'))],
      ['PUT', `${leases}/l`, lease(held('b'), { resourceVersion: '1' })],
      [
        'PUT',
        `${leases}/l`,
        lease(
          { ...held('b'), leaseTransitions: 1, renewTime: '2026-01-02T03:05:05.000000Z' },
          { resourceVersion: '{version of l}' },
        ),
      ],
      [
        'PUT',
        `${leases}/l`,
        lease(
          {
            holderIdentity: '',
            leaseDurationSeconds: 1,
            acquireTime: time,
            renewTime: time,
            leaseTransitions: 1,
          },
          { resourceVersion: '{version of l}' },
        ),
      ],
      ['DELETE', `${leases}/l`, { preconditions: { resourceVersion: '1' } }],
      ['DELETE', `${leases}/l`, { preconditions: { uid: '{uid of l}' } }],
      ['PUT', `${leases}/l`, lease(held('c'))],
      ['PUT', `${leases}/m`, lease(held('c'), { name: 'm', resourceVersion: '5' })],
      ['PUT', `${leases}/n`, lease(held('c'), { name: 'o' })],
    ],
    'times: of microseconds, and nothing else': [
      ['POST', leases, lease({ renewTime: '2026-01-02T03:04:05.123Z' }, named)],
      ['POST', leases, lease({ renewTime: '2026-01-02T03:04:05Z' }, named)],
      ['POST', leases, lease({ renewTime: '2026-01-02T03:04:05.123456789Z' }, named)],
      ['POST', leases, lease({ renewTime: '2026-01-02T05:04:05.123456+02:00' }, named)],
      ['POST', leases, lease({ renewTime: 1767323045 }, named)],
      ['POST', leases, lease({ renewTime: '' }, { name: 'empty' })],
      ['POST', leases, lease({ renewTime: null, acquireTime: time }, { name: 'null' })],
      ['PATCH', `${leases}/null`, { spec: { renewTime: '2026-01-02T03:04:05.123Z' } }, merge],
      ['PATCH', `${leases}/null`, { spec: { renewTime: '2026-01-02T03:04:05.100000Z' } }, merge],
    ],
    'fields that are refused': [
      ['POST', leases, lease({ leaseDurationSeconds: 0 }, named)],
      ['POST', leases, lease({ leaseDurationSeconds: -1 }, named)],
      ['POST', leases, lease({ leaseDurationSeconds: '15' }, named)],
      ['POST', leases, lease({ leaseDurationSeconds: 1.5 }, named)],
      ['POST', leases, lease({ leaseTransitions: -1 }, named)],
      ['POST', leases, lease({ holderIdentity: '' }, named)],
      ['POST', leases, lease({ holderIdentity: 5 }, named)],
      ['POST', leases, lease({ preferredHolder: 'a' }, named)],
      ['POST', leases, lease({ strategy: 'x' }, named)],
      ['POST', leases, lease({}, { name: 'empty' })],
      ['POST', leases, { metadata: { name: 'bare' } }],
      ['PATCH', `${leases}/bare`, { spec: { leaseDurationSeconds: 0 } }, merge],
      [
        'PATCH',
        `${leases}/bare`,
        { spec: { holderIdentity: 'a', leaseDurationSeconds: 3 } },
        merge,
      ],
      ['GET', leases],
    ],
  },
};
