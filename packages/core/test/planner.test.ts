import { expect, test } from 'vitest';
import { plan, wholeKind, type WatchPlanBounds } from '../src/index.ts';
import { PlannedGroup } from './planned-group.ts';

const bounds: WatchPlanBounds = {
  shareAt: 16,
  shareOverNamespacesAt: 64,
  maxSizeFactor: 20,
  maxEventFactor: 20,
  unshareAfterMs: 300_000,
  avoidMs: 600_000,
};
const group = (facts: Partial<ConstructorParameters<typeof PlannedGroup>[0]> = {}): PlannedGroup =>
  new PlannedGroup({ bounds, ...facts });

/** A namespace that is shared: `count` demanded of `size` objects. */
function shared(count: number, size: number, facts = {}): PlannedGroup {
  const planned = group(facts);
  planned.demand('a', count);
  planned.feed({ type: 'sized', branch: 'a', size });
  planned.feed({ type: 'live', branch: 'a' });
  planned.observe('a', { size });
  expect(planned.place('a')).toBe('at a');
  planned.done();
  return planned;
}

test('fewer than the bound are each watched by themselves, and nothing is asked', () => {
  const planned = group();
  planned.demand('a', 15);
  expect(planned.done()).toEqual([]);
  expect(planned.place('a')).toBe('own');
});

test('a namespace of enough identifiers is sized, opened and shared, and newcomers wait meanwhile', () => {
  const planned = group();
  planned.demand('a', 10_000);
  expect(planned.done()).toEqual(['size a']);
  expect(planned.place('a')).toBe('wait for a');
  planned.feed({ type: 'sized', branch: 'a', size: 11_000 });
  expect(planned.done()).toEqual(['open a']);
  expect(planned.place('a')).toBe('wait for a');
  planned.feed({ type: 'live', branch: 'a' });
  expect(planned.done()).toEqual(['share a demand', 'arrange a']);
  expect(planned.place('a')).toBe('at a');
  expect(planned.place('b')).toBe('own');
});

test('a collection far larger than what is demanded is not shared, and asked about once', () => {
  const planned = group();
  planned.demand('a', 16);
  planned.feed({ type: 'sized', branch: 'a', size: 321 });
  expect(planned.done()).toEqual(['size a', 'arrange a', 'close a']);
  expect(planned.place('a')).toBe('own');
});

test('a size is believed for a minute: when enough is demanded the watch is opened without asking again', () => {
  const planned = group();
  planned.demand('a', 16);
  planned.feed({ type: 'sized', branch: 'a', size: 10_000 });
  planned.done();
  planned.demand('a', 499);
  expect(planned.done()).toEqual([]);
  planned.demand('a', 500);
  expect(planned.done()).toEqual(['open a']);
});

test('a size that is older than a minute is asked for again when enough is demanded', () => {
  const planned = group();
  planned.demand('a', 16);
  planned.feed({ type: 'sized', branch: 'a', size: 10_000 });
  planned.pass(60_000);
  planned.done();
  planned.demand('a', 499);
  expect(planned.done()).toEqual([]);
  planned.demand('a', 500);
  expect(planned.done()).toEqual(['size a']);
});

test.each([
  ['a refusal', { type: 'unfit', branch: 'a', why: 'refused' }, 600_000],
  [
    'a size that the server does not tell',
    { type: 'sized', branch: 'a', size: undefined },
    600_000,
  ],
  ['a failure', { type: 'failed', branch: 'a', retryable: false }, 600_000],
  ['a failure that passes', { type: 'failed', branch: 'a', retryable: true }, 60_000],
] as const)('after %s everybody goes alone, and it is tried again later', (_what, input, ms) => {
  const planned = group();
  planned.demand('a', 20);
  planned.feed(input);
  expect(planned.done()).toEqual(['size a', 'arrange a', 'close a']);
  expect(planned.place('a')).toBe('own');
  planned.done();
  planned.demand('a', 5_000);
  planned.pass(ms - 1);
  expect(planned.done()).toEqual([]);
  planned.pass(1);
  expect(planned.done()).toEqual(['size a']);
});

test('a refusal while the watch comes up, or later, sends everybody on alone', () => {
  const opening = group();
  opening.demand('a', 20);
  opening.feed({ type: 'sized', branch: 'a', size: 20 });
  opening.done();
  opening.feed({ type: 'unfit', branch: 'a', why: 'refused' });
  expect(opening.done()).toEqual(['arrange a', 'close a']);
  const live = shared(20, 20);
  live.feed({ type: 'unfit', branch: 'a', why: 'refused' });
  expect(live.done()).toEqual(['unshare a refused', 'arrange a', 'close a']);
  expect(live.place('a')).toBe('own');
});

test('what is not answered keeps nobody waiting, and is tried again a minute later', () => {
  const planned = group();
  planned.demand('a', 20);
  planned.pass(4_999);
  expect(planned.place('a')).toBe('wait for a');
  planned.done();
  planned.pass(1);
  expect(planned.done()).toEqual(['arrange a', 'close a']);
  expect(planned.place('a')).toBe('own');
  planned.pass(60_000);
  expect(planned.done()).toEqual(['size a']);
});

test('who has waited long enough for a long list goes alone, and joins when it is through', () => {
  const planned = group();
  planned.demand('a', 20);
  planned.pass(4_000);
  planned.feed({ type: 'sized', branch: 'a', size: 20 });
  planned.observe('a', { isArriving: true });
  planned.done();
  planned.pass(1_000);
  expect(planned.done()).toEqual(['arrange a']);
  expect(planned.place('a')).toBe('own');
  planned.feed({ type: 'live', branch: 'a' });
  expect(planned.place('a')).toBe('at a');
});

test('nobody goes alone because the server is down', () => {
  const planned = group();
  planned.facts.isServerUp = false;
  planned.demand('a', 20);
  planned.pass(60_000);
  expect(planned.place('a')).toBe('wait for a');
  planned.facts.isServerUp = true;
  planned.pass(5_000);
  expect(planned.place('a')).toBe('own');
});

test('when nothing is demanded any more everything ends at once, in every state', () => {
  const sizing = group();
  sizing.demand('a', 20);
  sizing.demand('a', 0);
  expect(sizing.done()).toEqual(['size a', 'close a']);
  const opening = group();
  opening.demand('a', 20);
  opening.feed({ type: 'sized', branch: 'a', size: 20 });
  opening.demand('a', 0);
  expect(opening.done()).toEqual(['size a', 'open a', 'close a']);
  const live = shared(20, 20);
  live.demand('a', 0);
  expect(live.done()).toEqual(['close a', 'unshare a few']);
  expect(live.state.branches.size).toBe(0);
});

test('a refusal is remembered though nothing is demanded meanwhile', () => {
  const planned = group();
  planned.demand('a', 20);
  planned.feed({ type: 'unfit', branch: 'a', why: 'refused' });
  planned.demand('a', 0);
  planned.done();
  planned.demand('a', 20);
  expect(planned.done()).toEqual([]);
});

test('over many namespaces the whole kind is shared, and the watches of namespaces end after the handover', () => {
  const planned = group();
  planned.demand('a', 20);
  planned.feed({ type: 'sized', branch: 'a', size: 20 });
  planned.feed({ type: 'live', branch: 'a' });
  for (let index = 0; index < 10; index += 1) planned.demand(`n${index}`, 7);
  expect(planned.place('n0')).toBe('wait for *');
  expect(planned.place('a')).toBe('at a');
  planned.done();
  planned.feed({ type: 'sized', branch: wholeKind, size: 90 });
  planned.feed({ type: 'live', branch: wholeKind });
  expect(planned.done()).toEqual([
    'open *',
    'share * demand',
    'unshare a kind',
    'arrange a',
    'arrange *',
  ]);
  expect(planned.place('a')).toBe('at *');
  planned.done();
  planned.feed({ type: 'emptied', branch: 'a' });
  expect(planned.done()).toEqual(['close a']);
  planned.demand('b', 50);
  expect(planned.done()).toEqual([]);
});

test('one namespace alone never has the whole kind shared', () => {
  const planned = group();
  planned.demand('a', 10_000);
  planned.feed({ type: 'unfit', branch: 'a', why: 'refused' });
  expect(planned.done()).not.toContain('size *');
});

test('where the kind can not be shared, its namespaces are', () => {
  const planned = group();
  planned.demand('a', 15);
  planned.demand('b', 60);
  planned.demand('c', 5);
  expect(planned.done()).toEqual(['size b', 'size *', 'close b']);
  planned.done();
  planned.feed({ type: 'unfit', branch: wholeKind, why: 'refused' });
  expect(planned.done()).toEqual(['size b', 'arrange *', 'close *']);
  expect(planned.place('a')).toBe('own');
  expect(planned.place('b')).toBe('wait for b');
});

test.each([
  [
    'refused',
    (planned: PlannedGroup) => planned.feed({ type: 'unfit', branch: 'a', why: 'refused' }),
  ],
  ['failing', (planned: PlannedGroup) => planned.observe('a', { isLive: false })],
  ['large', (planned: PlannedGroup) => planned.observe('a', { size: 100_000 })],
] as const)(
  'a namespace that is shared no longer, as %s, counts name by name for the kind',
  (_, end) => {
    const planned = shared(60, 60);
    planned.demand('b', 10);
    expect(planned.done()).toEqual([]);
    end(planned);
    planned.pass(2 * bounds.unshareAfterMs);
    expect(planned.done()).toContain('size *');
  },
);

test('a namespace whose watch does not come up counts name by name for the kind', () => {
  const planned = group();
  planned.demand('a', 60);
  planned.feed({ type: 'sized', branch: 'a', size: 60 });
  planned.demand('b', 10);
  expect(planned.done()).toEqual(['size a', 'open a']);
  planned.pass(planned.facts.patienceMs);
  expect(planned.done()).toContain('size *');
});

test('who leaves a namespace stays where they are until it is known whether the kind serves them', () => {
  const planned = shared(60, 60);
  planned.demand('b', 10);
  planned.observe('a', { size: 100_000 });
  planned.pass(60_000 + bounds.unshareAfterMs);
  expect(planned.place('a')).toBe('wait for *');
  planned.feed({ type: 'sized', branch: wholeKind, size: 100_060 });
  expect(planned.place('a')).toBe('own');
});

test('a kind without namespaces is shared from the bound of a namespace on', () => {
  const planned = group({ namespaced: false });
  planned.demand(wholeKind, 16);
  planned.feed({ type: 'sized', branch: wholeKind, size: 100 });
  planned.feed({ type: 'live', branch: wholeKind });
  expect(planned.place(wholeKind)).toBe('at *');
});

test('selectors over all namespaces wait for, and are served by, the kind alone', () => {
  const planned = shared(20, 20);
  planned.demand(wholeKind, 1);
  expect(planned.place(wholeKind)).toBe('own');
});

test('a watch is shared no longer after minutes of too little demand, not before', () => {
  const planned = shared(16, 100);
  planned.demand('a', 7);
  planned.pass(60_000 + 299_999);
  expect(planned.done()).toEqual([]);
  planned.pass(1);
  expect(planned.done()).toEqual(['unshare a few', 'arrange a']);
  expect(planned.place('a')).toBe('own');
  planned.feed({ type: 'emptied', branch: 'a' });
  expect(planned.state.branches.size).toBe(0);
});

test('what speaks for it in between starts the minutes anew', () => {
  const planned = shared(16, 100);
  planned.demand('a', 7);
  planned.pass(300_000);
  planned.demand('a', 8);
  planned.pass(60_000);
  planned.demand('a', 7);
  planned.pass(300_000);
  expect(planned.place('a')).toBe('at a');
});

test('nobody parts while names are coming up', () => {
  const planned = shared(16, 100);
  planned.demand('a', 7);
  planned.observe('a', { isComingUp: true });
  planned.pass(600_000);
  expect(planned.place('a')).toBe('at a');
  planned.observe('a', { isComingUp: false });
  planned.pass(60_000);
  expect(planned.place('a')).toBe('own');
});

test('a collection that has grown is left, and its size remembered', () => {
  const planned = shared(16, 320);
  planned.observe('a', { size: 640 });
  planned.pass(600_000);
  expect(planned.place('a')).toBe('at a');
  planned.observe('a', { size: 641 });
  planned.pass(360_000);
  expect(planned.place('a')).toBe('own');
  planned.feed({ type: 'emptied', branch: 'a' });
  planned.done();
  planned.demand('a', 32);
  expect(planned.done()).toEqual([]);
  planned.demand('a', 33);
  expect(planned.done()).toEqual(['open a']);
});

test('a shared watch that fails for long is given up, whatever the policy, but not while nobody answers', () => {
  for (const policy of ['auto', 'shared'] as const) {
    const planned = shared(20, 100);
    planned.facts.policy = policy;
    // Who is new waits for it, too.
    planned.observe('a', { isLive: false, isComingUp: true });
    planned.pass(4 * 60_000);
    planned.observe('a', { isLive: true });
    planned.pass(60_000);
    planned.observe('a', { isLive: false });
    planned.facts.isServerUp = false;
    planned.pass(30 * 60_000);
    planned.facts.isServerUp = true;
    planned.pass(5 * 60_000);
    expect(planned.done()).toEqual([]);
    planned.pass(60_000);
    expect(planned.done()).toEqual(['unshare a failing', 'arrange a', 'close a']);
    expect(planned.place('a')).toBe('own');
    planned.observe('a', { isLive: true, isComingUp: false });
    planned.pass(9 * 60_000);
    expect(planned.done()).toEqual([]);
    planned.pass(60_000);
    expect(planned.done()).toEqual([policy === 'auto' ? 'size a' : 'open a']);
  }
});

test('a busy collection is left, a trickle is not, and it is remembered', () => {
  const trickle = shared(20, 100);
  trickle.each(60_000, () => trickle.observe('a', { received: 60 }), 10);
  expect(trickle.place('a')).toBe('at a');
  const wanted = shared(20, 100);
  wanted.each(60_000, () => wanted.observe('a', { received: 3_400, wanted: 150 }), 10);
  expect(wanted.place('a')).toBe('at a');
  const busy = shared(20, 100);
  busy.each(60_000, () => busy.observe('a', { received: 3_400, wanted: 149 }), 6);
  expect(busy.done()).toEqual(['unshare a busy', 'arrange a']);
});

test('what was busy is remembered far longer than anything else: to find out again costs minutes of its events', () => {
  const planned = shared(20, 100);
  planned.each(60_000, () => planned.observe('a', { received: 3_000 }), 6);
  planned.feed({ type: 'emptied', branch: 'a' });
  planned.done();
  planned.demand('a', 90);
  planned.pass(12 * 600_000 - 1);
  expect(planned.done()).toEqual([]);
  planned.pass(1);
  expect(planned.done()).toEqual(['size a']);
});

test('a collection is busy where its events are more than what watches by name would get, bookmarks included', () => {
  const strict = { bounds: { ...bounds, maxEventFactor: 1.5 } };
  const fair = shared(6_000, 12_000, strict);
  fair.each(60_000, () => fair.observe('a', { received: 36_000, wanted: 18_000 }), 10);
  expect(fair.place('a')).toBe('at a');
  const busy = shared(6_000, 12_000, strict);
  busy.each(60_000, () => busy.observe('a', { received: 36_001, wanted: 18_000 }), 6);
  expect(busy.done()).toEqual(['unshare a busy', 'arrange a']);
  const quiet = shared(6_000, 12_000, strict);
  quiet.each(60_000, () => quiet.observe('a', { received: 9_000 }), 10);
  expect(quiet.place('a')).toBe('at a');
});

test('when the kind is left, those of a namespace that is worth it stay until that is up', () => {
  const planned = group();
  planned.demand('a', 40);
  planned.demand('b', 5);
  planned.demand('c', 30);
  planned.feed({ type: 'sized', branch: wholeKind, size: 100 });
  planned.feed({ type: 'live', branch: wholeKind });
  planned.observe(wholeKind, { size: 100 });
  planned.done();
  planned.observe(wholeKind, { size: 10_000 });
  planned.pass(360_000);
  expect(planned.done()).toEqual(['unshare * large', 'size a', 'size c', 'arrange *']);
  expect(planned.place('a')).toBe('wait for a');
  expect(planned.place('b')).toBe('own');
});

test('who is to leave a watch that fails by then waits for its next version no longer than others would', () => {
  const planned = shared(60, 60);
  planned.observe('a', { size: 100_000 });
  planned.pass(60_000 + bounds.unshareAfterMs);
  expect(planned.done()).toEqual(['unshare a large', 'arrange a']);
  planned.observe('a', { isLive: false });
  planned.facts.isServerUp = false;
  planned.pass(2 * bounds.unshareAfterMs);
  planned.facts.isServerUp = true;
  planned.pass(bounds.unshareAfterMs);
  expect(planned.done()).toEqual([]);
  planned.pass(60_000);
  expect(planned.done()).toEqual(['arrange a', 'close a']);
  planned.demand('a', 70);
  expect(planned.done()).toEqual([]);
  planned.pass(bounds.avoidMs);
  expect(planned.done()).toEqual(['size a']);
});

test('who is to leave a watch that works is given all the time that takes', () => {
  const planned = shared(60, 60);
  planned.observe('a', { size: 100_000 });
  planned.pass(60_000 + bounds.unshareAfterMs);
  planned.done();
  planned.each(
    (2 * bounds.unshareAfterMs) / 3,
    () => {
      planned.observe('a', { isLive: false });
      planned.pass(bounds.unshareAfterMs / 2);
      planned.observe('a', { isLive: true });
    },
    5,
  );
  expect(planned.done()).toEqual([]);
});

test('a list that began to arrive and never ends is given up, so that it is not begun for ever', () => {
  const planned = group();
  planned.demand('a', 16);
  planned.feed({ type: 'sized', branch: 'a', size: 100 });
  planned.observe('a', { isArriving: true });
  planned.pass(10_000);
  planned.done();
  planned.observe('a', { isLive: false, isArriving: false });
  planned.pass(bounds.unshareAfterMs);
  expect(planned.done()).toEqual(['arrange a', 'close a']);
  planned.pass(bounds.avoidMs - 5_000);
  expect(planned.done()).toEqual(['size a']);
});

test('a process that was too busy to listen does not take that for silence', () => {
  const planned = group();
  planned.demand('a', 10_000);
  planned.stall(20_000);
  planned.pass(100);
  planned.feed({ type: 'sized', branch: 'a', size: 10_000 });
  expect(planned.done()).toEqual(['size a', 'open a']);
  planned.pass(1_000);
  planned.stall(4_000);
  planned.pass(100);
  planned.feed({ type: 'live', branch: 'a' });
  expect(planned.place('a')).toBe('at a');
});

test('a process that never listens for long is given so many looks and no more', () => {
  const planned = group();
  planned.demand('a', 16);
  for (let stalls = 0; stalls < 10; stalls += 1) planned.stall(2_000);
  expect(planned.done()).toEqual(['size a', 'arrange a', 'close a']);
});

test('whole objects that must not be fetched unasked are not shared, unless the policy says so', () => {
  const careful = group({ mayShare: false });
  careful.demand('a', 10_000);
  expect(careful.done()).toEqual([]);
  const told = group({ mayShare: false, policy: 'shared' });
  told.demand('a', 1);
  expect(told.done()).toEqual(['open a']);
});

test('per object nothing is ever shared; shared, everything is, and stays so', () => {
  const never = group({ policy: 'per-object' });
  never.demand('a', 10_000);
  expect(never.done()).toEqual([]);
  const always = group({ policy: 'shared' });
  always.demand('a', 1);
  always.feed({ type: 'live', branch: 'a' });
  always.observe('a', { size: 1_000_000 });
  always.pass(3_600_000);
  expect(always.place('a')).toBe('at a');
  for (let index = 0; index < 63; index += 1) always.demand(`n${index}`, 1);
  expect(always.done()).toContain('open *');
});

test('a timer that goes off a little early is set anew', () => {
  const planned = group();
  planned.demand('a', 20);
  const { lookAt } = planned.state.branches.get('a')!;
  planned.facts.now = lookAt - 0.5;
  const [state, effects] = plan(planned.state, { type: 'elapsed' }, planned.facts);
  expect(state).toBe(planned.state);
  expect(effects).toEqual([{ type: 'timer', at: lookAt }]);
});

test('thousands that come to be demanded leave the state as it is', () => {
  const planned = group();
  planned.demand('a', 16);
  const { state } = planned;
  for (let count = 17; count < 1_000; count += 1) planned.demand('a', count);
  expect(planned.state).toBe(state);
});
