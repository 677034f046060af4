import { render } from 'preact';
import type { Greeting, Update, WatchedRow } from '../src/protocol.ts';
import { App } from './app.tsx';
import { listen } from './connection.ts';
import { apply, greet, initialState, serverTime } from './state.ts';

/** How long an action's outcome is shown, in milliseconds. */
const saidMs = 5000;
/** How often what has arrived is drawn while there is more to come, in milliseconds. */
const loadingMs = 300;

let state = initialState();
let said = '';
let isDue = false;
let drawnAt = 0;
const act = (action: 'enqueue' | 'relist', key: string): void => void ask(action, key);

/** Draws what is known: once a frame at most, and now and then while ten thousand rows arrive. */
function draw(): void {
  if (isDue) return;
  isDue = true;
  const soon = drawnAt === 0 || state.isComplete ? 0 : drawnAt + loadingMs - Date.now();
  if (soon > 0) setTimeout(() => requestAnimationFrame(drawNow), soon);
  else requestAnimationFrame(drawNow);
}

function drawNow(): void {
  isDue = false;
  drawnAt = Date.now();
  const now = serverTime(state, Date.now());
  render(
    <App state={state} now={now} said={said} {...{ act, look }} />,
    document.getElementById('app')!,
  );
}

/** A query of what this page is of. */
function asked(query: Record<string, string>): URLSearchParams {
  const of = new URLSearchParams(location.search).get('of');
  return new URLSearchParams({ ...query, ...(of !== null && { of }) });
}

/** Asks for an action, and says what came of it. */
async function ask(action: 'enqueue' | 'relist', key: string): Promise<void> {
  const query = asked({ action, id: key });
  const headers = { 'x-depwatch-token': state.greeting.token ?? '' };
  try {
    const answer = await fetch(`?${query}`, { method: 'POST', headers });
    const done = action === 'enqueue' ? 'A reconcile was asked for.' : 'It is listed anew.';
    said = answer.ok ? done : `Refused: ${((await answer.json()) as { error: string }).error}`;
  } catch {
    said = 'The process did not answer.';
  }
  draw();
  setTimeout(() => {
    said = '';
    draw();
  }, saidMs);
}

/** What is known now of one thing that is watched. */
async function look(key: string): Promise<WatchedRow | undefined> {
  try {
    const answer = await fetch(`?${asked({ format: 'json', watched: key })}`);
    return answer.ok ? ((await answer.json()) as WatchedRow) : undefined;
  } catch {
    // The stream says so.
    return undefined;
  }
}

function read<T>(event: MessageEvent<string>): T {
  return JSON.parse(event.data) as T;
}

listen(() => new EventSource(`?${asked({ format: 'events' })}`), {
  greeting(event) {
    state = greet(read<Greeting>(event));
    draw();
  },
  update(event) {
    apply(state, read<Update>(event), Date.now());
    draw();
  },
  error() {
    state.connection = 'lost';
    draw();
  },
  open() {
    state.connection = 'open';
    draw();
  },
});
// Ages go on while nothing happens.
setInterval(draw, 1000);
draw();
