import { describe, expect, test } from 'vitest';
import {
  DepwatchError,
  errorFromStatus,
  initialReflectorState,
  step,
  type KubernetesObject,
  type ReflectorContext,
  type ReflectorEffect,
  type ReflectorInput,
  type ReflectorState,
  type WatchEvent,
} from '../src/index.ts';

const object = (resourceVersion: string): KubernetesObject => ({
  metadata: { name: 'a', namespace: 'ns', uid: 'u', resourceVersion },
});
const added = (version: string): WatchEvent => ({ type: 'ADDED', object: object(version) });
const bookmark = (resourceVersion: string, initialEventsEnd = false): WatchEvent => ({
  type: 'BOOKMARK',
  resourceVersion,
  ...(initialEventsEnd && { initialEventsEnd }),
});
const status = (code: number, more: object = {}): DepwatchError =>
  errorFromStatus({ code, ...more }, 'watch');
const dropped = new DepwatchError('ERR_TRANSPORT', 'connection lost', { retryable: true });

/** Drives a reflector step by step, in a time of its own. */
class Driver {
  state: ReflectorState = initialReflectorState;
  effects: ReflectorEffect[] = [];
  now = 1000;
  context: { -readonly [Key in Exclude<keyof ReflectorContext, 'now'>]: ReflectorContext[Key] } = {
    random: 0.5,
    streamingLists: true,
    staged: 0,
    versionsMove: true,
    streamsCutAtMs: Infinity,
    announcesAcceptance: true,
    requestTimeoutMs: 10_000,
    authGraceMs: 30_000,
  };

  feed(...inputs: ReflectorInput[]): this {
    for (const input of inputs) {
      [this.state, this.effects] = step(this.state, input, { ...this.context, now: this.now });
    }
    return this;
  }

  after(ms: number): this {
    this.now += ms;
    return this;
  }

  get types(): string[] {
    return this.effects.map(({ type }) => type);
  }

  effect<Type extends ReflectorEffect['type']>(
    type: Type,
  ): Extract<ReflectorEffect, { type: Type }> {
    const found = this.effects.find((effect) => effect.type === type);
    if (!found) throw new Error(`no ${type} among ${this.types.join()}`);
    return found as Extract<ReflectorEffect, { type: Type }>;
  }

  /** Brings it to a live watch from version 10. */
  live(): this {
    this.feed({ type: 'start' }, { type: 'sent' });
    return this.feed({ type: 'events', events: [added('9'), bookmark('10', true)] });
  }
}

describe('going on where another watch left off', () => {
  const start: ReflectorInput = { type: 'start', from: { resourceVersion: '7' } };

  test('it resumes from that version and lists nothing', () => {
    const driver = new Driver().feed(start);
    expect(driver.effects).toEqual([
      { type: 'watch', resourceVersion: '7', initialEvents: false, timeoutMs: 450_000, attempt: 0 },
    ]);
    driver.feed({ type: 'sent' }, { type: 'events', events: [] });
    expect(driver.types).toEqual(['live']);
    driver.feed({ type: 'events', events: [added('8')] });
    expect(driver.types).toEqual(['apply']);
    expect(driver.state.memory.resourceVersion).toBe('8');
  });

  test('a version that has expired is met with discovery and a list, as after a live watch', () => {
    const driver = new Driver().feed(start, { type: 'sent' });
    driver.feed({ type: 'failed', error: status(410) });
    expect(driver.types).toEqual(['cancel', 'retrying', 'discover']);
    expect(driver.effect('discover').confirm).toBe(true);
    driver.feed({ type: 'discovered' });
    expect(driver.effect('watch')).toMatchObject({ initialEvents: true });
  });

  test('a refusal has the grace of a live watch', () => {
    const driver = new Driver().feed(start, { type: 'sent' });
    driver.feed({ type: 'failed', error: status(403) });
    expect(driver.types).toEqual(['cancel', 'retrying', 'timer']);
    driver.after(30_000).feed({ type: 'elapsed' });
    expect(driver.effect('watch').resourceVersion).toBe('7');
    driver.feed({ type: 'failed', error: status(403) });
    expect(driver.types).toContain('end');
  });

  test.each([undefined, ''])('a version %o is none, so it lists; and it was live', (version) => {
    const driver = new Driver().feed({ type: 'start', from: { resourceVersion: version } });
    expect(driver.effect('watch')).toMatchObject({ initialEvents: true });
    expect(driver.state.memory).toMatchObject({ wasLive: true, resourceVersion: undefined });
  });

  test('where versions do not move none is resumed from', () => {
    const driver = new Driver();
    driver.context.versionsMove = false;
    driver.feed(start);
    expect(driver.effect('watch')).toMatchObject({ initialEvents: true });
  });
});

describe('starting', () => {
  test('a streaming list stages its initial events until the bookmark that ends them', () => {
    const driver = new Driver().feed({ type: 'start' });
    expect(driver.effects).toEqual([
      { type: 'discard' },
      { type: 'watch', initialEvents: true, timeoutMs: 450_000, attempt: 0 },
    ]);
    driver.feed({ type: 'sent' }, { type: 'events', events: [] });
    expect(driver.types).toEqual([]);
    driver.feed({ type: 'events', events: [added('3')] });
    expect(driver.types).toEqual(['stageEvents']);
    driver.feed({ type: 'events', events: [added('4'), bookmark('10', true), added('11')] });
    // The version is that of all of them, so who goes by it on being live finds them applied.
    expect(driver.types).toEqual(['stageEvents', 'commit', 'apply', 'live', 'timer']);
    expect(driver.effect('stageEvents').events).toEqual([added('4')]);
    expect(driver.state).toMatchObject({
      name: 'watching',
      memory: { resourceVersion: '11', wasLive: true },
    });
  });

  test('a paged list is followed by a watch from its version', () => {
    const driver = new Driver();
    driver.context.streamingLists = false;
    driver.feed({ type: 'start' });
    expect(driver.effect('list')).toEqual({ type: 'list', limit: 500, attempt: 0 });
    driver.feed({
      type: 'page',
      page: { items: [object('1')], resourceVersion: '10', continue: 'next' },
    });
    expect(driver.types).toEqual(['stage', 'list']);
    expect(driver.effect('list').continue).toBe('next');
    driver.feed({ type: 'page', page: { items: [], resourceVersion: '10' } });
    expect(driver.types).toEqual(['stage', 'commit', 'watch']);
    expect(driver.effect('watch')).toMatchObject({ resourceVersion: '10', initialEvents: false });
    driver.feed({ type: 'sent' }, { type: 'events', events: [] });
    expect(driver.types).toEqual(['live']);
  });

  test('a transport that does not say that a first watch was accepted is believed after a second', () => {
    const driver = new Driver();
    driver.context.announcesAcceptance = false;
    driver.context.streamingLists = false;
    driver.feed(
      { type: 'start' },
      { type: 'page', page: { items: [], resourceVersion: '10' } },
      { type: 'sent' },
    );
    expect(driver.effect('timer').ms).toBe(1000);
    driver.after(1000).feed({ type: 'elapsed' });
    expect(driver.types).toEqual(['live', 'timer']);
  });

  test.each([400, 405, 415, 422, 501])('%i: the server does not stream lists', (code) => {
    const driver = new Driver().feed({ type: 'start' }, { type: 'failed', error: status(code) });
    expect(driver.types).toEqual(['cancel', 'streamingRefused', 'discard', 'list']);
  });

  test.each([500, 404, 504])('%i as an event of an accepted stream: nor does it', (code) => {
    const driver = new Driver();
    driver.feed(
      { type: 'start' },
      { type: 'events', events: [] },
      { type: 'failed', error: status(code) },
    );
    expect(driver.types).toEqual(['cancel', 'streamingRefused', 'discard', 'list']);
  });

  test('a streaming list that does not grow for ten seconds is no list, whatever else comes', () => {
    const driver = new Driver();
    driver.context.requestTimeoutMs = 20_000;
    driver.feed({ type: 'start' }, { type: 'sent' });
    expect(driver.effect('timer').ms).toBe(10_000);
    driver.after(4000).feed({ type: 'events', events: [added('3')] });
    driver.context.staged = 1;
    driver.feed({ type: 'events', events: [added('4')] });
    driver.after(6000).feed({ type: 'elapsed' });
    expect(driver.effects).toEqual([{ type: 'timer', ms: 4000 }]);
    // The same object again and again: events go on, and the list does not.
    driver.after(2000).feed({ type: 'events', events: [added('5')] });
    driver.after(2000).feed({ type: 'elapsed' });
    expect(driver.types).toEqual(['cancel', 'streamingRefused', 'discard', 'list']);
  });

  test('half the request time-out of silence, where that is shorter: an add still waits then', () => {
    const driver = new Driver().feed({ type: 'start' }, { type: 'sent' });
    expect(driver.effect('timer').ms).toBe(5000);
    driver.after(5000).feed({ type: 'elapsed' });
    expect(driver.types).toEqual(['cancel', 'streamingRefused', 'discard', 'list']);
  });

  test.each([401, 403, 400])('%i ends a watch that was never live', (code) => {
    const driver = new Driver();
    driver.context.streamingLists = false;
    driver.feed({ type: 'start' }, { type: 'failed', error: status(code) });
    expect(driver.types).toEqual(['cancel', 'discard', 'end']);
    expect(driver.state.name).toBe('ended');
    expect(driver.feed({ type: 'elapsed' }, { type: 'closed' }, { type: 'stop' }).types).toEqual(
      [],
    );
  });

  test('404: discovery is asked once more, then it ends', () => {
    const driver = new Driver().feed({ type: 'start' }, { type: 'failed', error: status(404) });
    expect(driver.types).toEqual(['cancel', 'discover']);
    driver.feed({ type: 'discovered' });
    expect(driver.effect('watch').initialEvents).toBe(true);
    driver.feed({ type: 'failed', error: status(404) });
    expect(driver.effect('end').error.code).toBe('ERR_NO_VERSIONED_RESOURCE');
  });

  test('a list that broke half-way starts from nothing', () => {
    const driver = new Driver();
    driver.feed(
      { type: 'start' },
      { type: 'events', events: [added('3')] },
      { type: 'failed', error: dropped },
    );
    expect(driver.types).toEqual(['cancel', 'retrying', 'timer']);
    driver.after(800).feed({ type: 'elapsed' });
    expect(driver.types).toEqual(['discard', 'watch']);
    expect(driver.effect('watch')).not.toHaveProperty('resourceVersion');
  });
});

describe('watching', () => {
  test('each burst is applied before its version is saved; a bookmark saves its own', () => {
    const driver = new Driver().live();
    driver.feed({ type: 'events', events: [added('11'), added('12')] });
    expect(driver.types).toEqual(['apply']);
    expect(driver.state.memory.resourceVersion).toBe('12');
    driver.feed({ type: 'events', events: [bookmark('20')] });
    expect(driver.state.memory.resourceVersion).toBe('20');
    driver.feed({ type: 'events', events: [] });
    expect(driver.state.memory.resourceVersion).toBe('20');
  });

  test('a clean end resumes at once, from the last version', () => {
    const driver = new Driver().live().after(60_000).feed({ type: 'closed' });
    expect(driver.effects).toEqual([{ type: 'timer', ms: 25 }]);
    driver.feed({ type: 'elapsed' });
    expect(driver.effect('watch')).toEqual({
      type: 'watch',
      resourceVersion: '10',
      initialEvents: false,
      timeoutMs: 450_000,
      attempt: 0,
    });
  });

  test('a drop resumes within 0.4 to 0.8 s; more of them back off to 30 s; health resets that', () => {
    const driver = new Driver().live();
    const waits = (random: number): number => {
      driver.context.random = random;
      const { ms } = driver.after(1500).feed({ type: 'failed', error: dropped }).effect('retrying');
      driver.after(ms).feed({ type: 'elapsed' }, { type: 'sent' });
      driver.feed({ type: 'events', events: [added(String(driver.now))] });
      return ms;
    };
    expect([waits(0), waits(0.999), waits(0), waits(0)]).toEqual([
      400,
      expect.closeTo(1600, -1),
      1600,
      3200,
    ]);
    for (let more = 0; more < 10; more += 1) waits(0);
    expect(waits(0.999)).toBeCloseTo(30_000, -2);
    driver.after(120_000);
    expect(waits(0)).toBe(400);
  });

  test('health resets the back-off however the healthy stream ended', () => {
    for (const end of ['a clean end', 'a relist of what has lost its place']) {
      const driver = new Driver().live();
      for (let cut = 0; cut < 3; cut += 1) {
        driver.after(1500).feed({ type: 'failed', error: dropped });
        driver.after(5000).feed({ type: 'elapsed' }, { type: 'sent' });
        const isSilent = cut === 2 && end !== 'a clean end';
        driver.feed({ type: 'events', events: isSilent ? [] : [bookmark(`2${cut}`)] });
      }
      driver.after(120_000);
      if (end === 'a clean end') {
        driver.feed({ type: 'closed' }, { type: 'elapsed' }, { type: 'sent' });
        driver.feed({ type: 'events', events: [] });
      } else {
        driver.feed({ type: 'elapsed' }, { type: 'sent' });
        driver.feed({ type: 'events', events: [bookmark('30', true)] });
      }
      expect(driver.types).toContain('live');
      driver.after(1).feed({ type: 'failed', error: dropped });
      expect(driver.effect('retrying').ms).toBe(600);
    }
  });

  test('three streams that break at one version end in a relist; progress resets that', () => {
    const driver = new Driver().live();
    const breakAgain = (): string[] => {
      driver.feed({ type: 'failed', error: dropped }).after(30_000).feed({ type: 'elapsed' });
      const { types } = driver;
      driver.feed({ type: 'sent' }, { type: 'events', events: [] });
      return types;
    };
    expect([breakAgain(), breakAgain()]).toEqual([['watch'], ['watch']]);
    driver.feed({ type: 'events', events: [bookmark('11')] });
    expect([breakAgain(), breakAgain(), breakAgain()]).toEqual([
      ['watch'],
      ['watch'],
      ['discard', 'watch'],
    ]);
  });

  test('a relist that follows failures is gone on from at its own version, even where that is older', () => {
    const driver = new Driver().live();
    for (let count = 0; count < 3; count += 1) {
      driver.feed({ type: 'failed', error: dropped }).after(30_000).feed({ type: 'elapsed' });
      if (count < 2) driver.feed({ type: 'sent' }, { type: 'events', events: [] });
    }
    driver.feed({ type: 'sent' }, { type: 'events', events: [bookmark('7', true)] });
    driver.after(60_000).feed({ type: 'closed' }, { type: 'elapsed' });
    expect(driver.effect('watch')).toMatchObject({ resourceVersion: '7' });
  });

  test('a stream that ends within a second counts as broken', () => {
    const driver = new Driver().live().after(999).feed({ type: 'closed' });
    expect(driver.types).toEqual(['cancel', 'retrying', 'timer']);
  });

  test('no answer at all: the same request again, spaced by whoever watches over the server', () => {
    const driver = new Driver().live().after(5000).feed({ type: 'failed', error: dropped });
    driver
      .after(800)
      .feed({ type: 'elapsed' }, { type: 'sent' }, { type: 'failed', error: dropped });
    expect(driver.types).toEqual(['cancel', 'retrying', 'watch']);
    expect(driver.effect('watch')).toMatchObject({ resourceVersion: '10', attempt: 2 });
  });

  test('410 relists at once with the version unset; a second one soon after backs off', () => {
    const driver = new Driver()
      .live()
      .after(5000)
      .feed({ type: 'failed', error: status(410) });
    expect(driver.types).toEqual(['cancel', 'retrying', 'discover']);
    driver.feed({ type: 'discovered' });
    expect(driver.types).toEqual(['discard', 'watch']);
    expect(driver.effect('watch')).toMatchObject({ initialEvents: true, attempt: 0 });
    expect(driver.effect('watch')).not.toHaveProperty('resourceVersion');
    driver.feed(
      { type: 'events', events: [bookmark('30', true)] },
      { type: 'failed', error: status(410) },
    );
    expect(driver.types).toEqual(['cancel', 'retrying', 'timer']);
    driver.after(800).feed({ type: 'elapsed' });
    expect(driver.types).toEqual(['discover']);
  });

  test('429 and 503 wait as long as the server says, without a relist', () => {
    for (const code of [429, 503]) {
      const driver = new Driver().live().after(5000);
      driver.feed({ type: 'failed', error: status(code, { details: { retryAfterSeconds: 7 } }) });
      expect(driver.effect('timer').ms).toBe(7000);
      driver.after(7000).feed({ type: 'elapsed' });
      expect(driver.effect('watch').resourceVersion).toBe('10');
    }
  });

  test('401 and 403 are tried for the grace, never past its end; then it ends', () => {
    for (const code of [401, 403]) {
      const driver = new Driver().live().after(5000);
      const since = driver.now;
      for (let tries = 0; driver.state.name !== 'ended'; tries += 1) {
        expect(tries).toBeLessThan(10);
        driver.feed({ type: 'failed', error: status(code) });
        if (driver.types.includes('timer'))
          driver.after(driver.effect('timer').ms).feed({ type: 'elapsed' });
      }
      expect(driver.now - since).toBe(30_000);
      expect(driver.types).toEqual(['cancel', 'discard', 'end']);
    }
  });

  test('the grace is for a refusal that goes on: an outage between two of them is no part of it', () => {
    for (const other of [dropped, status(503), status(500)]) {
      const driver = new Driver().live().after(5000);
      driver.feed({ type: 'failed', error: status(403) });
      driver.after(1000).feed({ type: 'elapsed' }, { type: 'failed', error: other });
      driver.after(600_000).feed({ type: 'elapsed' }, { type: 'failed', error: status(403) });
      expect(driver.state.name).toBe('waiting');
      driver.after(30_000).feed({ type: 'elapsed' }, { type: 'failed', error: status(403) });
      expect(driver.state.name).toBe('ended');
    }
  });

  test('a refusal that passes is forgotten', () => {
    const driver = new Driver()
      .live()
      .after(5000)
      .feed({ type: 'failed', error: status(403) });
    driver
      .after(20_000)
      .feed({ type: 'elapsed' }, { type: 'sent' }, { type: 'events', events: [] });
    expect(driver.types).toEqual(['live']);
    driver.after(20_000).feed({ type: 'failed', error: status(403) });
    expect(driver.types).toEqual(['cancel', 'retrying', 'timer']);
  });

  test('404: nothing is gone before discovery has confirmed it; then the kind is waited for', () => {
    const driver = new Driver()
      .live()
      .after(5000)
      .feed({ type: 'failed', error: status(404) });
    expect(driver.types).toEqual(['cancel', 'retrying', 'discover']);
    expect(driver.effect('discover')).toEqual({ type: 'discover', confirm: true });
    driver.feed({ type: 'denied', error: status(404) });
    expect(driver.types).toEqual(['cancel', 'gone', 'discard', 'commit', 'retrying', 'awaitKind']);
    expect(driver.feed({ type: 'elapsed' }).types).toEqual([]);
    driver.feed({ type: 'discovered' });
    expect(driver.effect('watch')).toMatchObject({ initialEvents: true });
  });

  test('404 again and again from a kind that is served: listed anew, ever more rarely, nothing taken away', () => {
    const driver = new Driver().live().after(5000);
    const waits: number[] = [];
    for (let stray = 0; stray < 4; stray += 1) {
      driver.feed({ type: 'failed', error: status(404) });
      expect(driver.types).not.toContain('commit');
      if (driver.types.includes('timer')) {
        waits.push(driver.effect('timer').ms);
        driver.feed({ type: 'elapsed' });
      }
      driver.feed({ type: 'discovered' });
      expect(driver.effect('watch').initialEvents).toBe(true);
    }
    expect(waits).toEqual([1200, 2400, 4800]);
  });

  test('a resumed stream without event or bookmark for two minutes has lost its place: relist', () => {
    const driver = new Driver().live().after(60_000).feed({ type: 'closed' }, { type: 'elapsed' });
    driver.feed({ type: 'sent' }, { type: 'events', events: [] });
    driver.after(12_000).feed({ type: 'elapsed' });
    expect(driver.effects).toEqual([{ type: 'timer', ms: 108_000 }]);
    driver.after(108_000).feed({ type: 'elapsed' });
    expect(driver.types).toEqual(['cancel', 'discard', 'watch']);
  });

  test('so has one whose resumed streams end early, and have shown nothing for two minutes in all', () => {
    const driver = new Driver().live().after(60_000);
    const next = (events: readonly WatchEvent[] = []): string => {
      driver.feed({ type: 'closed' }, { type: 'elapsed' });
      const { initialEvents } = driver.effect('watch');
      driver.feed({ type: 'sent' }, { type: 'events', events: [] });
      if (events.length > 0) driver.feed({ type: 'events', events });
      return initialEvents ? 'list' : 'resume';
    };
    const calls: string[] = [];
    for (let end = 0; end < 6; end += 1) {
      calls.push(next());
      driver.after(30_000);
    }
    expect(calls).toEqual(['resume', 'resume', 'resume', 'resume', 'list', 'list']);
  });

  test('a sign of life between them, and an end at the time-out, leave it its place', () => {
    const alive = new Driver().live().after(60_000);
    const timed = new Driver().live().after(450_000);
    for (let end = 0; end < 20; end += 1) {
      for (const [driver, ms] of [
        [alive, 100_000],
        [timed, 60_000],
      ] as const) {
        driver.feed({ type: 'closed' }, { type: 'elapsed' });
        expect(driver.effect('watch').initialEvents).toBe(false);
        driver.context.streamsCutAtMs = driver === timed ? 66_667 : Infinity;
        driver.feed({ type: 'sent' }, { type: 'events', events: [] }).after(ms);
        if (driver === alive) driver.feed({ type: 'events', events: [bookmark('10')] });
      }
    }
  });

  test('a stream beyond its time-out is ended', () => {
    const driver = new Driver()
      .live()
      .after(450_000 + 30_000)
      .feed({ type: 'elapsed' });
    expect(driver.types).toEqual(['cancel', 'retrying', 'timer']);
    driver.feed({ type: 'elapsed' });
    expect(driver.effect('watch').resourceVersion).toBe('10');
  });

  test('stop ends it in any state, and nothing moves it any more', () => {
    const driver = new Driver().live().feed({ type: 'stop' });
    expect(driver.types).toEqual(['cancel', 'discard']);
    expect(driver.feed({ type: 'events', events: [added('99')] }).types).toEqual([]);
    expect(driver.state).toMatchObject({ name: 'stopped', memory: { resourceVersion: '10' } });
  });
});

describe('what the server says is not always so', () => {
  test.each([500, 504])('%i at one version three times: relist', (code) => {
    const driver = new Driver().live().after(5000);
    const next = (): string[] => {
      driver.feed({ type: 'failed', error: status(code) });
      return driver.after(driver.effect('timer').ms).feed({ type: 'elapsed' }).types;
    };
    expect([next(), next(), next()]).toEqual([['watch'], ['watch'], ['discard', 'watch']]);
  });

  test('time-outs at one version three times: relist; a server that is not reached says nothing about it', () => {
    const failure = (reason: 'timeout' | 'unreachable'): DepwatchError =>
      new DepwatchError('ERR_TRANSPORT', 'no answer', { retryable: true, reason });
    const driver = new Driver().live().after(60_000).feed({ type: 'closed' }, { type: 'elapsed' });
    for (let tries = 0; tries < 5; tries += 1) {
      expect(driver.feed({ type: 'failed', error: failure('unreachable') }).types).toContain(
        'watch',
      );
    }
    const next = (): string | undefined =>
      driver.feed({ type: 'failed', error: failure('timeout') }).types.at(-1);
    const isList = (): boolean => driver.effect('watch').initialEvents;
    expect([next(), isList(), next(), isList(), next(), isList()]).toEqual([
      'watch',
      false,
      'watch',
      false,
      'watch',
      true,
    ]);
  });

  test('without a version to resume from it lists every 30 s, and no more often', () => {
    const driver = new Driver().feed({ type: 'start' }, { type: 'sent' });
    driver.feed({ type: 'events', events: [bookmark('', true)] });
    expect(driver.state.memory.resourceVersion).toBeUndefined();
    expect(driver.types).toContain('live');
    driver.after(5000).feed({ type: 'closed' });
    expect(driver.effects).toEqual([{ type: 'timer', ms: 25_000 }]);
    driver.context.streamingLists = false;
    driver.feed({ type: 'elapsed' });
    expect(driver.types).toEqual(['discard', 'list']);
    driver.feed({ type: 'page', page: { items: [], resourceVersion: '' } });
    expect(driver.effect('watch')).toEqual({
      type: 'watch',
      initialEvents: false,
      timeoutMs: 30_000,
      attempt: 0,
    });
    driver.feed({ type: 'sent' }, { type: 'events', events: [] }).after(2000);
    driver.feed({ type: 'failed', error: dropped });
    expect(driver.effect('timer').ms).toBe(28_000);
  });

  test('a version that does not move is none to resume from', () => {
    const driver = new Driver().live().after(40_000);
    driver.context.versionsMove = false;
    driver.feed({ type: 'failed', error: dropped });
    expect(driver.effect('timer').ms).toBe(600);
    expect(driver.feed({ type: 'elapsed' }).effect('watch').initialEvents).toBe(true);
  });

  test('a token that comes again, or pages without end, are a fault of the protocol', () => {
    const driver = new Driver();
    driver.context.streamingLists = false;
    const next = (token: string): ReflectorInput => ({
      type: 'page',
      page: { items: [], resourceVersion: '10', continue: token },
    });
    driver.feed({ type: 'start' }, next('a'), next('a'));
    expect(driver.effect('retrying').error).toMatchObject({
      code: 'ERR_TRANSPORT',
      reason: 'protocol',
    });
    driver.after(800).feed({ type: 'elapsed' });
    let pages = 0;
    for (; driver.types.includes('list'); pages += 1) driver.feed(next(`token ${pages}`));
    expect(pages).toBe(11);
    driver.after(2000).feed({ type: 'elapsed' });
    for (pages = 0; pages < 50; pages += 1) {
      driver.context.staged += 1;
      expect(driver.feed(next(`token ${pages}`)).types).toEqual(['stage', 'list']);
    }
  });

  test('one that is expired before it was live asks how its kind is served, too', () => {
    const driver = new Driver();
    driver.feed({ type: 'start' }, { type: 'sent' }, { type: 'failed', error: status(410) });
    expect(driver.types).toEqual(['cancel', 'retrying', 'discover']);
    expect(driver.feed({ type: 'discovered' }).types).toEqual(['discard', 'watch']);
  });

  test('a token that expires again ends in a list without pages', () => {
    const driver = new Driver();
    driver.context.streamingLists = false;
    const first: ReflectorInput = {
      type: 'page',
      page: { items: [], resourceVersion: '10', continue: 'a' },
    };
    driver.feed({ type: 'start' }, first, { type: 'failed', error: status(410) });
    expect(driver.types).toEqual(['cancel', 'discard', 'list']);
    expect(driver.effect('list')).toEqual({ type: 'list', limit: 500, attempt: 0 });
    driver.feed(first, { type: 'failed', error: status(410) });
    expect(driver.types).toEqual(['cancel', 'discard', 'list']);
    expect(driver.effect('list')).toEqual({ type: 'list', attempt: 0 });
    // A server that pages whatever it is asked for.
    driver.feed(first, { type: 'failed', error: status(410) });
    expect(driver.types).toEqual(['cancel', 'retrying', 'discover']);
    driver.feed({ type: 'discovered' });
    driver.feed(first, { type: 'failed', error: status(410) });
    driver.feed(first, { type: 'failed', error: status(410) });
    driver.feed(first, { type: 'failed', error: status(410) });
    expect(driver.types).toEqual(['cancel', 'retrying', 'timer']);
  });

  test('a version that goes back is of a restored server: nothing of it is applied, and it lists anew', () => {
    const driver = new Driver().live().after(5000);
    driver.feed({ type: 'events', events: [added('9')] });
    expect(driver.types).toEqual(['cancel', 'retrying', 'discover']);
    expect(driver.effect('retrying').error.code).toBe('ERR_EXPIRED');
    // Wherever in its burst it stands: what is told once more would take its object back.
    driver.feed({ type: 'discovered' }, { type: 'sent' });
    driver.feed({ type: 'events', events: [bookmark('10', true)] });
    driver.feed({ type: 'events', events: [added('9'), added('12')] });
    expect(driver.types).not.toContain('apply');
    const opaque = new Driver().live().feed({ type: 'events', events: [added('abc')] });
    expect(opaque.feed({ type: 'events', events: [added('aa')] }).types).toEqual(['apply']);
  });

  test('a delete in the version that its object had is applied, and goes back nowhere', () => {
    const driver = new Driver().live();
    const deleted: WatchEvent = { type: 'DELETED', object: object('9') };
    driver.feed({ type: 'events', events: [deleted] });
    expect(driver.types).toEqual(['apply']);
    expect(driver.state.memory.resourceVersion).toBe('10');
    driver.feed({ type: 'events', events: [added('12'), deleted] });
    expect(driver.state.memory.resourceVersion).toBe('12');
    driver.feed({ type: 'events', events: [{ type: 'DELETED', object: object('13') }] });
    expect(driver.state.memory.resourceVersion).toBe('13');
  });

  test('while it waits, the news that its version is of no use makes the next call a list', () => {
    const driver = new Driver().live().after(60_000).feed({ type: 'closed' });
    driver.feed({ type: 'failed', error: status(410) });
    expect(driver.types).toEqual([]);
    expect(driver.feed({ type: 'elapsed' }).types).toEqual(['discover']);
  });

  test('an unanswered watch is a time-out where the transport tells of its acceptance', () => {
    const driver = new Driver();
    driver.context.streamingLists = false;
    driver.feed(
      { type: 'start' },
      { type: 'page', page: { items: [], resourceVersion: '10' } },
      { type: 'sent' },
    );
    expect(driver.effect('timer').ms).toBe(12_000);
    driver.after(12_000).feed({ type: 'elapsed' });
    expect(driver.effect('retrying').error).toMatchObject({ reason: 'timeout' });
    expect(driver.types).not.toContain('live');
  });

  test('streams that lived and are cut come back within a second; three at a like age are said, once', () => {
    const driver = new Driver().live();
    const said: number[] = [];
    for (let cut = 0; cut < 5; cut += 1) {
      driver.after(60_000 + cut * 100).feed({ type: 'failed', error: dropped });
      if (driver.types.includes('cutShort')) said.push(driver.effect('cutShort').ageMs);
      expect(driver.effect('timer').ms).toBe(600);
      driver.after(600).feed({ type: 'elapsed' }, { type: 'sent' });
      driver.feed({ type: 'events', events: [bookmark(String(100 + cut))] });
    }
    expect(said).toEqual([60_000]);
    // A resume that ends before it was accepted has no age, that of the stream before it least of all.
    const refused = new Driver().live();
    for (let end = 0; end < 5; end += 1) {
      refused.after(300_000).feed({ type: 'closed' }, { type: 'elapsed' }, { type: 'closed' });
      expect(refused.types).toEqual(['cancel', 'retrying', 'timer']);
      refused.after(600).feed({ type: 'elapsed' });
      refused.feed({ type: 'events', events: [bookmark(String(100 + end))] });
    }
    driver.context.streamsCutAtMs = 60_000;
    driver.after(60_000).feed({ type: 'closed' }, { type: 'elapsed' });
    expect(driver.effect('watch').timeoutMs).toBe(54_000);
  });
});

test('a call is always the last effect, so that its answer finds the state that asked for it', () => {
  const seen: string[][] = [];
  const errors = [
    dropped,
    ...[400, 401, 403, 404, 410, 422, 429, 500, 503].map((code) => status(code)),
  ];
  const inputs: ReflectorInput[] = [
    { type: 'start' },
    { type: 'sent' },
    { type: 'events', events: [] },
    { type: 'events', events: [bookmark('5', true)] },
    { type: 'page', page: { items: [], resourceVersion: '6' } },
    { type: 'closed' },
    { type: 'discovered' },
    { type: 'denied', error: status(404) },
    { type: 'elapsed' },
    ...errors.map((error) => ({ type: 'failed', error }) as const),
  ];
  for (const streamingLists of [true, false]) {
    const visit = (state: ReflectorState, depth: number, now: number): void => {
      for (const input of inputs) {
        const context = {
          now,
          random: 0.5,
          streamingLists,
          staged: 0,
          versionsMove: true,
          streamsCutAtMs: Infinity,
          announcesAcceptance: true,
          requestTimeoutMs: 10_000,
          authGraceMs: 1000,
        };
        const [next, effects] = step(state, input, context);
        seen.push(effects.map(({ type }) => type));
        if (depth > 0 && next !== state) visit(next, depth - 1, now + 5000);
      }
    };
    visit(initialReflectorState, 4, 1000);
  }
  const calls = ['list', 'watch', 'discover', 'awaitKind'];
  expect(seen.length).toBeGreaterThan(10_000);
  expect(seen.filter((types) => types.slice(0, -1).some((type) => calls.includes(type)))).toEqual(
    [],
  );
});
