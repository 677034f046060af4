import { json, merge, strategic } from '../objects.ts';
import type { Room } from '../script.ts';

const events = '/api/v1/namespaces/{ns}/events';
const newEvents = '/apis/events.k8s.io/v1/namespaces/{ns}/events';
const regarding = { apiVersion: 'v1', kind: 'ConfigMap', name: 'm', namespace: '{ns}', uid: 'u' };

function event(name: string, more: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name },
    involvedObject: regarding,
    reason: 'Tested',
    message: 'it was tested',
    type: 'Normal',
    source: { component: 'suite' },
    firstTimestamp: '2026-01-02T03:04:05Z',
    lastTimestamp: '2026-01-02T03:04:05Z',
    count: 1,
    ...more,
  };
}

function newEvent(name: string, more: object = {}): object {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name },
    regarding,
    reason: 'Tested',
    action: 'Test',
    note: 'it was tested',
    type: 'Normal',
    eventTime: '2026-01-02T03:04:05.000006Z',
    reportingController: 'example.com/suite',
    reportingInstance: 'suite-1',
    ...more,
  };
}

export const room: Room = {
  name: 'events',
  scripts: {
    'of the core group, as the older recorder writes them': [
      ['POST', events, event('e')],
      ['PATCH', `${events}/e`, { count: 2, lastTimestamp: '2026-01-02T03:05:05Z' }, strategic],
      ['PATCH', `${events}/e`, { message: 'again' }, merge],
      ['GET', `${events}?fieldSelector=involvedObject.name=m,reason=Tested`],
      ['GET', `${events}?fieldSelector=involvedObject.kind=Pod`],
      ['GET', `${events}?fieldSelector=type!=Normal`],
      ['GET', `${events}?fieldSelector=message=x`],
      ['GET', `${newEvents}/e`],
      [
        'POST',
        events,
        event('other', { involvedObject: { ...regarding, namespace: 'elsewhere' } }),
      ],
      ['POST', events, event('none', { involvedObject: undefined })],
      ['POST', events, event('bare', { reason: undefined, type: undefined, source: undefined })],
      ['POST', events, event('', { metadata: { generateName: 'e-' } })],
      [
        'POST',
        '/api/v1/namespaces/default/events',
        event('{ns}', { involvedObject: { kind: 'Node', name: 'n' } }),
      ],
      ['POST', events, event('node', { involvedObject: { kind: 'Node', name: 'n' } })],
      ['POST', events, event('when', { firstTimestamp: '2026-01-02T03:04:05.5Z' })],
      ['PUT', `${events}/put`, event('put')],
      ['DELETE', `${events}/e`],
      ['DELETE', events],
    ],
    'of events.k8s.io, as the newer recorder writes them': [
      ['POST', newEvents, newEvent('e')],
      [
        'PATCH',
        `${newEvents}/e`,
        { series: { count: 2, lastObservedTime: '2026-01-02T03:05:05.000000Z' } },
        strategic,
      ],
      [
        'PATCH',
        `${newEvents}/e`,
        { series: { count: 3, lastObservedTime: '2026-01-02T03:06:05.000000Z' } },
        merge,
      ],
      ['PATCH', `${newEvents}/e`, [{ op: 'replace', path: '/series/count', value: 4 }], json],
      ['PATCH', `${newEvents}/e`, { note: 'another' }, merge],
      ['GET', `${events}/e`],
      ['GET', `${newEvents}?fieldSelector=regarding.name=m`],
      ['GET', `${newEvents}?fieldSelector=reportingController=example.com/suite`],
      ['POST', newEvents, newEvent('a', { action: undefined })],
      ['POST', newEvents, newEvent('b', { reason: undefined })],
      ['POST', newEvents, newEvent('c', { eventTime: undefined })],
      ['POST', newEvents, newEvent('d', { reportingController: undefined })],
      ['POST', newEvents, newEvent('f', { reportingInstance: undefined })],
      ['POST', newEvents, newEvent('g', { type: 'Loud' })],
      ['POST', newEvents, newEvent('h', { note: 'x'.repeat(1025) })],
      [
        'POST',
        newEvents,
        newEvent('i', { series: { count: 1, lastObservedTime: '2026-01-02T03:05:05.000000Z' } }),
      ],
      ['POST', newEvents, newEvent('j', { regarding: { ...regarding, namespace: 'elsewhere' } })],
      ['GET', `${newEvents}`],
    ],
  },
};
