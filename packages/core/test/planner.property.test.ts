import fc from 'fast-check';
import { expect, test } from 'vitest';
import { howMany, seed } from '../../../tools/random-tests.ts';
import { wholeKind, type PlanBranch, type PlanInput } from '../src/index.ts';
import { PlannedGroup } from './planned-group.ts';

const bounds = {
  shareAt: 4,
  shareOverNamespacesAt: 8,
  maxSizeFactor: 3,
  maxEventFactor: 3,
  unshareAfterMs: 300_000,
  avoidMs: 600_000,
};
const patienceMs = 2_500;
const namespaces = ['a', 'b', 'c'];

const branch = fc.constantFrom<PlanBranch>(wholeKind, ...namespaces);
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ demand: branch, count: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.record({ sized: branch, size: fc.option(fc.nat(60)) }) },
  { weight: 2, arbitrary: fc.record({ live: branch }) },
  { weight: 1, arbitrary: fc.record({ refused: branch }) },
  { weight: 1, arbitrary: fc.record({ failed: branch, retryable: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ emptied: branch }) },
  { weight: 2, arbitrary: fc.record({ seen: branch, size: fc.nat(60), received: fc.nat(5_000) }) },
  { weight: 4, arbitrary: fc.record({ pass: fc.constantFrom(10, 1_000, 60_000, 700_000) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** What the plan has asked for, and what it must never do. */
class World {
  readonly group = new PlannedGroup({ bounds, patienceMs });
  /** Asked for and not closed, and what has become of it. */
  readonly open = new Map<PlanBranch, 'sizing' | 'opening' | 'live'>();
  readonly #sharedAt = new Map<PlanBranch, number>();

  happens(what: Happening): void {
    const { group } = this;
    if ('demand' in what) group.demand(what.demand, what.count);
    else if ('pass' in what) this.#pass(what.pass);
    else if ('seen' in what) group.observe(what.seen, what);
    else {
      const input = inputOf(what);
      if (this.#canBe(input)) group.feed(input);
      if (input.type === 'live' && this.open.has(input.branch)) this.open.set(input.branch, 'live');
    }
    this.#follow();
  }

  /** In steps, so that every moment is looked at. */
  #pass(ms: number): void {
    for (let left = ms; left > 0; left -= patienceMs) {
      this.group.pass(Math.min(left, patienceMs));
      this.#follow();
    }
  }

  /** What nobody asked for does not answer. */
  #canBe(input: Exclude<PlanInput, { type: 'demanded' | 'elapsed' }>): boolean {
    const state = this.open.get(input.branch);
    switch (input.type) {
      case 'sized':
      case 'failed':
        return state === 'sizing';
      case 'live':
        return state === 'opening';
      default:
        return state !== undefined;
    }
  }

  #follow(): void {
    const { group } = this;
    for (const words of group.done()) {
      const [what = '', name = '', reason = ''] = words.split(' ');
      const at = name === '*' ? wholeKind : name;
      if (what === 'size') this.#opens(at, 'sizing');
      if (what === 'open') this.#opens(at, 'opening');
      if (what === 'close') expect(this.open.delete(at), `${words}: nothing to close`).toBe(true);
      if (what === 'share') this.#sharedAt.set(at, group.facts.now);
      if (what === 'unshare' && ['large', 'busy'].includes(reason)) this.#wasLong(at);
    }
    this.#nothingWithoutDemand();
    this.#nothingWorthwhileForgotten();
    this.#servedByWhatIsLive();
  }

  #opens(at: PlanBranch, state: 'sizing' | 'opening'): void {
    const before = this.open.get(at);
    expect([undefined, state === 'opening' && 'sizing']).toContain(before);
    this.open.set(at, state);
  }

  #wasLong(at: PlanBranch): void {
    const since = this.#sharedAt.get(at)!;
    expect(this.group.facts.now - since).toBeGreaterThanOrEqual(bounds.unshareAfterMs);
  }

  #nothingWithoutDemand(): void {
    const { byNamespace } = this.group;
    for (const at of this.open.keys()) {
      const isDemanded = at === wholeKind ? byNamespace.size > 0 : byNamespace.has(at);
      expect(isDemanded, `${at || '*'} is open without demand`).toBe(true);
      const { name } = this.group.state.branches.get(at) ?? {};
      expect(['sizing', 'opening', 'shared', 'parting']).toContain(name);
    }
    for (const [at, { name }] of this.group.state.branches)
      expect(this.open.has(at), `${at || '*'} ${name}`).toBe(name !== 'avoided');
  }

  /** What it would pay to share is asked for, shared or avoided, in whatever order it came to pay. */
  #nothingWorthwhileForgotten(): void {
    const { byNamespace, state } = this.group;
    const nameOf = (at: PlanBranch): string => state.branches.get(at)?.name ?? 'apart';
    let watches = 0;
    for (const [at, { size }] of byNamespace)
      watches += at !== wholeKind && /opening|shared/.test(nameOf(at)) ? 1 : size;
    if (byNamespace.size > 1 && watches >= bounds.shareOverNamespacesAt)
      expect(nameOf(wholeKind)).not.toBe('apart');
    if (/sizing|opening|shared/.test(nameOf(wholeKind))) return;
    for (const [at, { size }] of byNamespace)
      if (at !== wholeKind && size >= bounds.shareAt) expect(nameOf(at), at).not.toBe('apart');
  }

  /** What serves somebody is live. */
  #servedByWhatIsLive(): void {
    for (const namespace of [wholeKind, ...namespaces]) {
      const place = this.group.place(namespace);
      const [how, name] = place.split(' ');
      if (how === 'at') expect(this.open.get(name === '*' ? wholeKind : name!)).toBe('live');
    }
  }

  /** All waits end though no answer comes any more: that for the kind, then that for a namespace. */
  end(): void {
    const waiting = new Set([wholeKind, ...namespaces]);
    for (let passed = 0; passed <= 3 * patienceMs; passed += patienceMs / 2) {
      for (const namespace of waiting)
        if (!this.group.place(namespace).includes('wait')) waiting.delete(namespace);
      this.group.pass(patienceMs / 2);
    }
    expect([...waiting]).toEqual([]);
    for (const namespace of [wholeKind, ...namespaces]) this.group.demand(namespace, 0);
    this.#follow();
    expect([...this.open.keys()]).toEqual([]);
    this.group.pass(bounds.avoidMs);
    expect(this.group.state.branches.size).toBe(0);
  }
}

function inputOf(what: Happening): Exclude<PlanInput, { type: 'demanded' | 'elapsed' }> {
  if ('sized' in what) return { type: 'sized', branch: what.sized, size: what.size ?? undefined };
  if ('live' in what) return { type: 'live', branch: what.live };
  if ('refused' in what) return { type: 'unfit', branch: what.refused, why: 'refused' };
  if ('emptied' in what) return { type: 'emptied', branch: what.emptied };
  if ('failed' in what) return { type: 'failed', branch: what.failed, retryable: what.retryable };
  throw new Error('no input');
}

test(`whatever happens, nothing is open without demand, nothing flaps and nobody waits for ever (DEPWATCH_SEED=${seed})`, () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const world = new World();
      for (const what of happenings) world.happens(what);
      world.end();
    }),
    { seed, numRuns: howMany(500) },
  );
});
