import type { ServerResponse } from 'node:http';
import type { History } from './history.ts';
import type { Model } from './model.ts';
import type { ReplicasRow } from './protocol.ts';
import { drained, hasGone } from './responses.ts';

/** How many rows are made at a time. */
const mostRows = 1000;
/** How often in a row one may be found to have taken nothing before they are let go. */
const mostSilences = 4;

/** All there is, in parts; each has its rows as they are when it is asked for. */
export function* jsonOf(
  model: Model,
  history: History,
  now: number,
  stopped: boolean,
  replicas: ReplicasRow | undefined,
): Iterable<string> {
  yield `{"now":${now},"stopped":${stopped},"watchers":`;
  yield* rows([...model.watchers()], (key) => model.watcherRow(key));
  yield `,"watched":`;
  yield* rows([...model.watched()], (key) => model.watchedRow(key));
  yield `,"reconciles":${JSON.stringify(history.reconciles(0))}`;
  yield `,"plans":${JSON.stringify(history.plans(0))}`;
  if (replicas) yield `,"replicas":${JSON.stringify(replicas)}`;
  yield '}\n';
}

/** A JSON array, some rows at a time. */
function* rows(
  keys: readonly string[],
  rowOf: (key: string) => object | undefined,
): Iterable<string> {
  let separator = '[';
  for (let from = 0; from < keys.length; from += mostRows) {
    const some = keys.slice(from, from + mostRows).map(rowOf);
    const texts = some.filter((row) => row !== undefined).map((row) => JSON.stringify(row));
    if (texts.length === 0) continue;
    yield separator + texts.join(',\n');
    separator = ',\n';
  }
  yield separator === '[' ? '[]' : ']';
}

/** One who reads JSON, as fast as they take it; and who is let go when they take nothing any more. */
export class JsonReader {
  readonly #response: ServerResponse;
  #silences = 0;

  constructor(response: ServerResponse, json: Iterable<string>) {
    this.#response = response;
    // Half of it is nothing.
    this.#write(json).catch(() => response.destroy());
  }

  /** To be called now and then. */
  keepAlive(): void {
    if (this.#silences >= mostSilences) this.#response.destroy();
    this.#silences += 1;
  }

  /** Who takes nothing would hold up a server that waits for them. */
  end(): void {
    this.#response.destroy();
  }

  async #write(json: Iterable<string>): Promise<void> {
    for (const part of json) {
      if (!this.#response.write(part)) await drained(this.#response);
      else await new Promise(setImmediate);
      if (hasGone(this.#response)) return;
      this.#silences = 0;
    }
    this.#response.end();
  }
}
