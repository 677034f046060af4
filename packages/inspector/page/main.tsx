import { render } from 'preact';
import type { Greeting, Update } from '../src/protocol.ts';
import { App } from './app.tsx';
import { apply, greet, initialState, serverTime } from './state.ts';

/** How long an action's outcome is shown, in milliseconds. */
const saidMs = 5000;

let state = initialState();
let said = '';
let isDue = false;
const act = (action: 'enqueue' | 'relist', key: string): void => void ask(action, key);

/** Draws what is known, once a frame at most. */
function draw(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    const now = serverTime(state, Date.now());
    render(<App state={state} now={now} said={said} act={act} />, document.getElementById('app')!);
  });
}

/** Asks for an action, and says what came of it. */
async function ask(action: 'enqueue' | 'relist', key: string): Promise<void> {
  const query = new URLSearchParams({ action, id: key });
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

function read<T>(event: MessageEvent<string>): T {
  return JSON.parse(event.data) as T;
}

const events = new EventSource('?format=events');
events.addEventListener('greeting', (event) => {
  state = greet(read<Greeting>(event));
  draw();
});
events.addEventListener('update', (event) => {
  apply(state, read<Update>(event), Date.now());
  draw();
});
events.addEventListener('error', () => {
  state.connection = 'lost';
  draw();
});
events.addEventListener('open', () => {
  state.connection = 'open';
  draw();
});
// Ages go on while nothing happens.
setInterval(draw, 1000);
draw();
