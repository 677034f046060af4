/** How long after an answer that ends it a new one is asked for, in milliseconds; so long a browser takes after a cut, too. */
const againMs = 3000;
/** `EventSource.CLOSED`: the browser has given it up. */
const givenUp = 2;

/** What of an EventSource is used. */
export type Events = Pick<EventSource, 'readyState' | 'addEventListener'>;

/**
 * Listens to a server's events, for good. After a cut a browser asks again by itself, but an answer that is none it takes for the
 * end: what a proxy says while the process restarts, or the server while too many look on.
 *
 * @param open asks for them
 * @param hear by the names of events, `open` and `error` among them
 */
export function listen(
  open: () => Events,
  hear: Readonly<Record<string, (event: MessageEvent<string>) => void>>,
): void {
  const events = open();
  for (const [name, one] of Object.entries(hear))
    events.addEventListener(name, one as (event: Event) => void);
  events.addEventListener('error', () => {
    if (events.readyState === givenUp) setTimeout(() => listen(open, hear), againMs);
  });
}
