import { expect, test } from 'vitest';
import { configMapId } from '../harness.ts';
import { Attribution } from '../../src/reconcile/attribution.ts';

const app = configMapId('app');

function asked(...members: string[]): Attribution<string> {
  const attribution = new Attribution<string>();
  for (const member of members) attribution.asked('app', app, member);
  return attribution;
}

test('the last who asked is told so, and nothing is remembered', () => {
  const attribution = asked('east', 'west');
  expect(attribution.leave('app', 'east', [])).toMatchObject({ ran: false, isLast: false });
  expect(attribution.of('east')).toEqual([]);
  expect(attribution.leave('app', 'west', [])).toMatchObject({ ran: false, isLast: true });
  expect(attribution.size).toBe(0);
});

test('who never asked is the last where nobody else has to do with it', () => {
  expect(asked().leave('app', 'east', [])).toMatchObject({ ran: false, isLast: true });
  expect(asked().leave('app', 'east', ['west'])).toMatchObject({ ran: false, isLast: false });
  expect(asked('west').leave('app', 'east', [])).toMatchObject({ ran: false, isLast: false });
});

test('what was asked for is taken up by the reconcile that starts, and forgotten when it has settled', () => {
  const attribution = asked('east');
  attribution.started('app', false);
  expect(attribution.leave('app', 'east', ['west'])).toMatchObject({ ran: true, isLast: false });
  expect(attribution.of('west')).toEqual([['app', app]]);
  attribution.settled('app');
  expect(attribution.size).toBe(0);
});

test('a reconcile that asks for another one does so for those for whom it was', () => {
  const attribution = asked('east');
  attribution.started('app', false);
  attribution.asked('app', app, 'west');
  attribution.asksAgain('app');
  attribution.settled('app');
  attribution.started('app', false);
  expect(attribution.leave('app', 'west', [])).toMatchObject({ ran: true, isLast: false });
  expect(attribution.leave('app', 'east', [])).toMatchObject({ ran: true, isLast: true });
});

test('what is delayed is remembered while a reconcile comes before it', () => {
  const attribution = asked('east');
  attribution.started('app', true);
  attribution.settled('app');
  expect(attribution.of('east')).toEqual([['app', app]]);
});

test('who depends takes over what another one leaves behind', () => {
  const attribution = asked('east');
  const { heirs } = attribution.leave('app', 'east', ['west']);
  expect(heirs).toEqual({ waiting: ['west'], running: [] });
  expect(attribution.of('west')).toEqual([['app', app]]);
  attribution.started('app', false);
  attribution.settled('app');
  expect(attribution.size).toBe(0);
});

test('a stop leaves only what runs', () => {
  const attribution = asked('east');
  attribution.started('app', false);
  attribution.asked('app', app, 'east');
  attribution.asked('other', configMapId('other'), 'east');
  attribution.stop();
  expect(attribution.size).toBe(1);
  attribution.settled('app');
  expect(attribution.size).toBe(0);
});
