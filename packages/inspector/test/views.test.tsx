import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderToString } from 'preact-render-to-string';
import { describe, expect, test } from 'vitest';
import { adviceFor } from '../page/advice.ts';
import { App } from '../page/app.tsx';
import { Dependencies, type Selection } from '../page/dependencies.tsx';
import { Plans } from '../page/plans.tsx';
import { barOf, Reconciles, turns } from '../page/reconciles.tsx';
import { apply, greet, initialState, order, serverTime, type State } from '../page/state.ts';
import { causeText, duration, labelOf } from '../page/text.ts';
import { Troubles, troublesOf } from '../page/troubles.tsx';
import { nextIndex, rowsInSight } from '../page/virtual-list.tsx';
import { keyOf, type ReconcileRow, type Update, type WatchedRow } from '../src/protocol.ts';
import { configMapId } from './harness.ts';

const nothing: Update = {
  now: 100_000,
  stopped: false,
  watchers: [],
  watched: [],
  goneWatchers: [],
  goneWatched: [],
  reconciles: [],
  plans: [],
  more: false,
};
const key = (name: string): string => keyOf(configMapId(name, 'shop'));
const live = (name: string): WatchedRow => ({
  key: key(name),
  state: 'live',
  since: 40_000,
  servedBy: 'object',
});
const failure = (name: string, message: string): ReconcileRow => ({
  id: 1,
  watcher: key(name),
  at: 99_000,
  durationMs: 20,
  attempt: 3,
  result: 'error',
  causes: [{ type: 'modified', watched: key('config') }],
  error: { message },
});

function stateOf(update: Partial<Update>): State {
  const state = greet({ actions: true, token: 't', names: [''], name: '' });
  apply(state, { ...nothing, ...update }, 0);
  return state;
}

/** Nothing is known by now. */
const look = async (): Promise<undefined> => undefined;

/** A view as text of HTML. */
function html(View: typeof Dependencies, state: State, selection?: Selection): string {
  const props = {
    state,
    now: 100_000,
    search: '',
    selection,
    select() {},
    act() {},
    look,
  };
  return renderToString(<View {...props} />);
}

describe('what the page knows', () => {
  test('is what the updates say, row by row, and begins anew with a greeting', () => {
    const state = stateOf({
      watchers: [{ key: key('app'), watches: [key('a'), key('b')] }],
      watched: [live('a'), live('b')],
    });
    expect([...state.dependants.get(key('b'))!]).toEqual([key('app')]);
    const more = { watchers: [{ key: key('app'), watches: [key('a')] }], goneWatched: [key('b')] };
    apply(state, { ...nothing, ...more }, 0);
    expect(state.dependants.has(key('b'))).toBe(false);
    expect([...state.watched.keys()]).toEqual([key('a')]);
    apply(state, { ...nothing, goneWatchers: [key('app')] }, 0);
    expect([state.watchers.size, state.dependants.size]).toEqual([0, 0]);
    expect(greet({ actions: false, names: [''], name: '' }).watched.size).toBe(0);
  });

  test('keeps the newest reconciles first, and no more than the server does', () => {
    const state = initialState();
    for (let id = 0; id < 1500; id += 100) {
      const reconciles = Array.from({ length: 100 }, (_, of) => ({
        ...failure('a', 'x'),
        id: id + of,
      }));
      apply(state, { ...nothing, reconciles }, 0);
    }
    expect(state.reconciles).toHaveLength(1000);
    expect([state.reconciles[0]?.id, state.reconciles.at(-1)?.id]).toEqual([1499, 500]);
  });

  test('is shown in the order of names, with numbers by their size', () => {
    const state = stateOf({ watched: ['b', 'a-10', 'a-2'].map(live) });
    expect(order(state, 'watched')).toEqual(['a-2', 'a-10', 'b'].map(key));
  });

  test('has ages by the server’s clock', () => {
    expect(serverTime(stateOf({ now: 5000 }), 700)).toBe(5700);
  });
});

describe('hostile names', () => {
  const markup = '<img src=x onerror=alert(1)>"&\'';
  const turned = '\u202Eexe.txt\u0007';
  const long = 'x'.repeat(253);

  test.each([
    ['Dependencies', Dependencies],
    ['Reconciles', Reconciles],
    ['Troubles', Troubles],
    ['Plans', Plans],
  ] as const)('are text, and nothing else, in %s', (_name, View) => {
    const names = [markup, turned, long];
    const reconciles = names.map((name) => failure(name, `${name}</script>`));
    const state = stateOf({
      watchers: names.map((name, index) => ({
        key: key(name),
        watches: names.map(key),
        turn: {
          running: false,
          queued: true,
          attempt: 1,
          causes: [{ type: markup, object: turned }],
        },
        failure: reconciles[index]!,
      })),
      watched: names.map((name) => ({
        ...live(name),
        state: 'pending' as const,
        error: { code: markup, message: name },
      })),
      reconciles,
      plans: [
        { id: 9, at: 0, watched: key(markup), change: 'share', reason: markup, demanded: 20 },
      ],
      replicas: { state: markup, members: [{ identity: turned, epoch: 1, since: 0 }] },
    });
    for (const side of ['watchers', 'watched'] as const) {
      const text = html(View, state, { side, key: key(markup) });
      expect(text).not.toMatch(/<img|<\/script|\p{Cf}|\p{Cc}/u);
      expect(text).toMatch(/&lt;img|\\u\{202e\}/);
    }
  });

  test('stay apart from the text around them, and what is not seen is written out', () => {
    expect(labelOf(key(turned)).place).toBe('shop/\\u{202e}exe.txt\\u{7}');
    const state = stateOf({ watched: [live('אבג')] });
    expect(html(Dependencies, state)).toContain('<bdi class="place">shop/אבג</bdi>');
  });

  test('no source of the page sets markup', () => {
    const folder = join(import.meta.dirname, '../page');
    for (const file of readdirSync(folder)) {
      const source = readFileSync(join(folder, file), 'utf8');
      expect([file, /innerHTML|insertAdjacentHTML|document\.write|eval\(/i.test(source)]).toEqual([
        file,
        false,
      ]);
    }
  });
});

describe('Troubles', () => {
  test('an outage of many watches is one trouble, with what to do', () => {
    const names = Array.from({ length: 500 }, (_, index) => `c${index}`);
    const error = (name: string) => ({
      code: 'ERR_TRANSPORT',
      reason: 'unreachable',
      message: `GET /api/v1/namespaces/shop/configmaps?fieldSelector=metadata.name%3D"${name}" failed`,
    });
    const state = stateOf({
      watched: names.map((name) => ({ ...live(name), state: 'retrying', error: error(name) })),
    });
    expect(troublesOf(state, 100_000)).toMatchObject([{ what: 'retrying', keys: { length: 500 } }]);
    const text = html(Troubles, state);
    expect(text).toContain('500 watches');
    expect(text).toContain('It heals by itself.');
  });

  test('an outage is one trouble whatever kinds are watched, and the badge counts it as one', () => {
    const error = (kind: string) => ({
      code: 'ERR_TRANSPORT',
      reason: 'unreachable',
      message: `watch of v1 ${kind} in all namespaces: lost the connection to the API server`,
    });
    const watched = ['ConfigMap', 'Secret'].map((kind) => {
      const row = { ...live('all'), key: keyOf({ version: 'v1', kind }) };
      return { ...row, state: 'retrying', error: error(kind) } as const;
    });
    const state = stateOf({ watched });
    expect(troublesOf(state, 100_000)).toMatchObject([{ what: 'retrying', keys: { length: 2 } }]);
    const app = <App state={state} now={100_000} said="" act={() => {}} look={look} />;
    expect(renderToString(app)).toMatch(/Troubles<span class="badge">1</);
  });

  test('a reconcile that runs for long is one, with since when, whatever failed before', () => {
    const turn = { running: true, queued: false, attempt: 3, causes: [], startedAt: 90_000 };
    const watchers = [
      { key: key('app'), watches: [], turn, failure: failure('app', 'no container') },
    ];
    const state = stateOf({ watchers });
    expect(html(Reconciles, state)).toContain('try 3, for 10 s');
    expect(troublesOf(state, 100_000)).toMatchObject([{ what: 'failing' }]);
    expect(troublesOf(state, 250_000)).toMatchObject([{ what: 'running', since: 90_000 }]);
    const props = {
      state,
      now: 250_000,
      search: '',
      selection: undefined,
      select() {},
      act() {},
      look,
    };
    const text = renderToString(<Troubles {...props} />);
    expect(text).toContain('for 2 min 40 s');
    expect(text).toContain('See what the reconciler waits for.');
  });

  test('a replica that owns nothing is one, until it is a member', () => {
    const told = (state: string) => stateOf({ replicas: { state, members: [] } });
    expect(html(Troubles, told('lost'))).toContain('could not renew its Lease');
    expect(html(Troubles, told('joining'))).toContain('until then it owns nothing');
    expect(troublesOf(told('member'), 100_000)).toEqual([]);
    expect(troublesOf(told('leaving'), 100_000)).toEqual([]);
  });

  test('each other one is its own: a kind that is pending, a reconciler that fails', () => {
    const state = stateOf({
      watched: [
        live('fine'),
        {
          ...live('coupon'),
          state: 'pending',
          servedBy: 'none',
          error: { code: 'ERR_NO_VERSIONED_RESOURCE', message: 'no such kind' },
        },
      ],
      watchers: [{ key: key('app'), watches: [], failure: failure('app', 'no container') }],
    });
    const text = html(Troubles, state);
    expect(text).toContain('Install the CustomResourceDefinition');
    expect(text).toContain('no container');
    expect(troublesOf(state, 100_000)).toHaveLength(2);
    expect(html(Troubles, stateOf({ watched: [live('fine')] }))).toContain(
      'every watch is up to date',
    );
  });
});

describe('the views', () => {
  test('Dependencies draws one node’s neighbourhood, and of many neighbours the first', () => {
    const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
    const state = stateOf({
      watchers: [{ key: key('app'), watches: names.map(key) }],
      watched: names.map(live),
    });
    const text = html(Dependencies, state, { side: 'watchers', key: key('app') });
    expect(text.match(/<path/g)).toHaveLength(12);
    expect(text).toContain('and 28 more');
    expect(text).toContain('Reconcile now');
    const other = html(Dependencies, state, { side: 'watched', key: key('c7') });
    expect(other).toContain('Who depends on it: 1');
    expect(other).toContain('List anew');
  });

  test('Reconciles has what runs first, then what is queued, then what is due first', () => {
    const turn = { running: false, queued: false, attempt: 1, causes: [] };
    const state = stateOf({
      watchers: [
        { key: key('later'), watches: [], turn: { ...turn, dueAt: 200_000 } },
        { key: key('soon'), watches: [], turn: { ...turn, dueAt: 101_000 } },
        { key: key('queued'), watches: [], turn: { ...turn, queued: true } },
        { key: key('running'), watches: [], turn: { ...turn, running: true } },
        { key: key('idle'), watches: [] },
      ],
    });
    expect(turns(state).map(({ key: of }) => labelOf(of).place)).toEqual(
      ['running', 'queued', 'soon', 'later'].map((name) => `shop/${name}`),
    );
    expect(html(Reconciles, state)).toContain('1 running, 1 queued, 2 waiting');
  });

  test('a time line has each reconcile where it ran, and nothing older than a minute', () => {
    const row = { ...failure('a', 'x'), at: 100_000, durationMs: 6000 };
    expect(barOf(row, 100_000)).toMatchObject({ x: 540, width: 60 });
    expect(barOf(row, 130_000)).toMatchObject({ x: 240, width: 60 });
    expect(barOf(row, 158_000)).toMatchObject({ x: 0, width: 20 });
    expect(barOf(row, 161_000)).toBeUndefined();
  });

  test('Plans counts what serves each kind', () => {
    const watched = [live('a'), { ...live('b'), servedBy: 'namespace' as const }];
    const plans = [
      {
        id: 1,
        at: 0,
        watched: keyOf({ version: 'v1', kind: 'ConfigMap', namespace: 'shop' }),
        change: 'share' as const,
        reason: 'so many are demanded that one watch costs less',
        demanded: 20,
      },
    ];
    const text = html(Plans, stateOf({ watched, plans }));
    expect(text).toContain('<td>1</td><td>1</td><td>·</td>');
    expect(text).toContain('so many are demanded that one watch costs less');
  });

  test('the page says when its connection is lost, and when there is nothing more to come', () => {
    const page = (state: State): string =>
      renderToString(<App state={state} now={0} said="" act={() => {}} look={look} />);
    const state = stateOf({ watched: [live('a')] });
    expect(page(state)).not.toContain('banner');
    expect(page({ ...state, connection: 'lost' })).toContain(
      'The connection to the process is lost',
    );
    expect(page({ ...state, stopped: true })).toContain('It has stopped');
  });
});

describe('a virtual list', () => {
  test('draws what is in sight and a little around it, of a hundred thousand', () => {
    expect(rowsInSight(100_000, 50, 0, 500)).toEqual({ from: 0, to: 16 });
    expect(rowsInSight(100_000, 50, 2_500_000, 500)).toEqual({ from: 49_994, to: 50_016 });
    expect(rowsInSight(3, 50, 10_000, 500)).toEqual({ from: 3, to: 3 });
    expect(rowsInSight(0, 50, 0, 500)).toEqual({ from: 0, to: 0 });
  });

  test('is walked by keys', () => {
    expect(nextIndex('ArrowDown', -1, 10, 5)).toBe(0);
    expect(nextIndex('ArrowUp', 0, 10, 5)).toBe(0);
    expect(nextIndex('End', 0, 10, 5)).toBe(9);
    expect(nextIndex('PageDown', 7, 10, 5)).toBe(9);
    expect(nextIndex('x', 7, 10, 5)).toBeUndefined();
    expect(nextIndex('Home', -1, 0, 5)).toBeUndefined();
  });
});

test('there is advice for each error, whatever its code is called', () => {
  const unknown = adviceFor({ message: 'no' });
  expect(unknown).toContain('the reconciler threw it');
  for (const name of ['__proto__', 'constructor', 'toString', '']) {
    expect(adviceFor({ code: name, message: 'no' })).toBe(unknown);
    expect(adviceFor({ reason: name, message: 'no' })).toBe(unknown);
  }
  const forbidden = adviceFor({ code: 'ERR_FORBIDDEN', reason: '', message: 'no' });
  expect(forbidden).toContain('Grant');
});

test('texts are short and exact', () => {
  expect([0.4, 999, 1500, 59_400, 61_000, 3_600_000, 90_061_000].map(duration)).toEqual([
    '0 ms',
    '999 ms',
    '1.5 s',
    '59 s',
    '1 min 1 s',
    '1 h',
    '1 d 1 h',
  ]);
  const watched = keyOf({ version: 'v1', kind: 'ConfigMap', selector: 'app=a' });
  const cause = { type: 'modified', watched, object: 'shop/a', cluster: 'eu' };
  expect(causeText(cause)).toBe('modified ConfigMap [app=a] (shop/a) in eu');
});
