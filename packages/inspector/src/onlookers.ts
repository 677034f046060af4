import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '@depwatch/core';
import type { DynamicWatcher } from '@depwatch/dynamic-watcher';
import { History } from './history.ts';
import { JsonReader, jsonOf } from './json.ts';
import { Model, type ModelListener } from './model.ts';
import type { InspectedReplicas } from './options.ts';
import type { Greeting, ReplicasRow, Update } from './protocol.ts';
import { hasGone } from './responses.ts';
import { UpdateStream, type RowSource } from './update-stream.ts';

/** The least time between two updates of a page, in milliseconds. */
const updateMs = 250;
/** How often a page is told that all is well while nothing changes; proxies cut what is silent for a minute. */
const keepAliveMs = 15_000;
/** How many may look on at a time, and how many read JSON. */
const most = 16;

/** What is between is not to collect a stream (nginx), nor to press it, which would collect it, too. */
const ofStreams = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
} as const;
/** A server that closes waits for connections which might be used again; HTTP/2 knows no such header. */
const ofConnections = { connection: 'close' } as const;

/** What {@link Onlookers} look at. */
export interface OnlookersOptions {
  readonly dynamicWatcher: DynamicWatcher;
  readonly replicas: InspectedReplicas | undefined;
  readonly clock: Clock;
  /** For actions; undefined: there are none. */
  readonly token: string | undefined;
  /** All that are inspected, and this one. */
  readonly names: readonly string[];
  readonly name: string;
}

/** Those who look on, and what is kept for their sake: the history always, the model while there is somebody. */
export class Onlookers implements ModelListener, RowSource {
  readonly #options: OnlookersOptions;
  readonly #history = new History();
  readonly #streams = new Set<UpdateStream>();
  readonly #readers = new Set<JsonReader>();
  readonly #forget: () => void;
  /** Of {@link #model}, ends what it is told. */
  #lookAway: (() => void) | undefined;
  #model: Model | undefined;
  #timer: Disposable | undefined;
  #keepAlive: Disposable | undefined;
  #toldAt = -Infinity;
  #isStopped = false;

  constructor(options: OnlookersOptions) {
    this.#options = options;
    const { dynamicWatcher } = options;
    this.#forget = dynamicWatcher.observe((observation) => this.#history.hear(observation), {
      types: History.types,
    });
    void dynamicWatcher.stopped.then(() => {
      this.#isStopped = true;
      this.#schedule();
    });
  }

  get dynamicWatcher(): DynamicWatcher {
    return this.#options.dynamicWatcher;
  }

  /** A page looks on from now on. @returns false when there are too many */
  stream(
    request: IncomingMessage,
    response: ServerResponse,
    headers: OutgoingHttpHeaders,
  ): boolean {
    if (this.#streams.size >= most) return false;
    // What stands in front may take its time, and who asked may have left by then, without a word of that to come.
    if (hasGone(response)) return true;
    const stream = new UpdateStream(response, this);
    response.on('close', () => this.#left(stream));
    const isHttp1 = request.httpVersionMajor === 1;
    response.writeHead(200, { ...headers, ...ofStreams, ...(isHttp1 && ofConnections) });
    if (request.method === 'HEAD') {
      response.end();
      return true;
    }
    const { token, names, name } = this.#options;
    const actions = token !== undefined;
    stream.send('greeting', { actions, names, name, ...(token && { token }) } satisfies Greeting);
    this.#model ??= this.#look();
    for (const key of this.#model.watched()) stream.watched(key);
    for (const key of this.#model.watchers()) stream.watcher(key);
    this.#streams.add(stream);
    stream.flush();
    this.#watchOver();
    return true;
  }

  /** All there is, as JSON, written as fast as it is read. @returns false when there are too many who read it */
  sendJson(
    request: IncomingMessage,
    response: ServerResponse,
    headers: OutgoingHttpHeaders,
  ): boolean {
    if (this.#readers.size >= most) return false;
    if (hasGone(response)) return true;
    response.writeHead(200, { ...headers, 'content-type': 'application/json; charset=utf-8' });
    if (request.method === 'HEAD') {
      response.end();
      return true;
    }
    const replicas = this.#replicas();
    this.#model ??= this.#look();
    this.#model.checkEnded();
    const now = this.#options.clock.now();
    const json = jsonOf(this.#model, this.#history, now, this.#isStopped, replicas);
    const reader = new JsonReader(response, json);
    this.#readers.add(reader);
    response.on('close', () => {
      this.#readers.delete(reader);
      this.#restIfAlone();
    });
    this.#watchOver();
    return true;
  }

  watcher(key: string): void {
    for (const stream of this.#streams) stream.watcher(key);
  }

  watched(key: string): void {
    for (const stream of this.#streams) stream.watched(key);
  }

  get last(): number {
    return this.#history.last;
  }

  update(watchers: readonly string[], watched: readonly string[], after: number): Update {
    const model = this.#model!;
    const watcherRows = watchers.map((key) => model.watcherRow(key) ?? key);
    const watchedRows = watched.map((key) => model.watchedRow(key) ?? key);
    const replicas = this.#replicas();
    return {
      now: this.#options.clock.now(),
      stopped: this.#isStopped,
      watchers: watcherRows.filter((row) => typeof row !== 'string'),
      watched: watchedRows.filter((row) => typeof row !== 'string'),
      goneWatchers: watcherRows.filter((row) => typeof row === 'string'),
      goneWatched: watchedRows.filter((row) => typeof row === 'string'),
      reconciles: this.#history.reconciles(after),
      plans: this.#history.plans(after),
      ...(replicas && { replicas }),
      more: false,
    };
  }

  close(): void {
    this.#forget();
    for (const stream of [...this.#streams]) stream.end();
    for (const reader of [...this.#readers]) reader.end();
    this.#streams.clear();
    this.#history.clear();
    this.#rest();
  }

  /** Has a model made, and kept up to date. */
  #look(): Model {
    // First of all, as what happens from then on is not in the model; and after the history, which the model's rows read.
    this.#lookAway = this.#options.dynamicWatcher.observe((observation) => {
      this.#model?.hear(observation);
      this.#schedule();
    });
    return new Model(this.#options.dynamicWatcher, this.#history, this);
  }

  #left(stream: UpdateStream): void {
    this.#streams.delete(stream);
    this.#restIfAlone();
  }

  #restIfAlone(): void {
    if (this.#streams.size + this.#readers.size === 0) this.#rest();
  }

  /** Nobody looks on. */
  #rest(): void {
    this.#lookAway?.();
    this.#lookAway = undefined;
    this.#model = undefined;
    this.#timer?.[Symbol.dispose]();
    this.#keepAlive?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#keepAlive = undefined;
  }

  #schedule(): void {
    if (this.#timer || this.#streams.size === 0) return;
    const { clock } = this.#options;
    this.#timer = clock.setTimeout(
      () => {
        this.#timer = undefined;
        this.#toldAt = clock.now();
        this.#model?.checkEnded();
        for (const stream of this.#streams) stream.flush();
      },
      Math.max(this.#toldAt + updateMs - clock.now(), 0),
    );
  }

  #watchOver(): void {
    this.#keepAlive ??= this.#options.clock.setTimeout(() => this.#stayAlive(), keepAliveMs);
  }

  #stayAlive(): void {
    this.#keepAlive = undefined;
    for (const one of [...this.#streams, ...this.#readers]) one.keepAlive();
    this.#watchOver();
    // Replicas come and go without a word, and so does what has ended.
    const isOver = this.#model?.checkEnded() ?? false;
    if (this.#options.replicas || isOver) this.#schedule();
  }

  #replicas(): ReplicasRow | undefined {
    const { replicas } = this.#options;
    if (!replicas) return undefined;
    const members = replicas.members();
    return {
      state: replicas.state,
      members: members.map(({ identity, epoch, since }) => ({ identity, epoch, since })),
    };
  }
}
