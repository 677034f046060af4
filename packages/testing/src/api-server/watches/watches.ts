import type { Encoding } from '../http/encode.ts';
import type { Exchange } from '../http/exchange.ts';
import type { ListOptions } from '../reads/list-options.ts';
import type { Registry, Resource } from '../store/registry.ts';
import type { ObjectFilter } from '../reads/selectors.ts';
import { type StatusError, tooLargeVersion } from '../http/status.ts';
import { endWithError, type Watch, type WatchSink, type WatchStart } from './watch-hub.ts';

/** How watches behave. */
export interface WatchSettings {
  readonly bookmarkIntervalMs: number;
  readonly futureVersionWaitMs: number;
  readonly maxWatchBufferBytes: number;
  /** May change or hold back what a watch is sent. */
  wrap(sink: WatchSink, exchange: Exchange, resource: string): WatchSink;
}

interface OpenWatch {
  readonly resource: Resource;
  readonly watch: Watch;
  readonly exchange: Exchange;
  /** Ends the stream cleanly. */
  end(): void;
}

/** A server that has been asked to watch for no set time does so for 30 to 60 minutes. */
const minTimeoutMs = 30 * 60_000;

/** The open watch streams of a server: their start, bookmarks, time limits and end. */
export class Watches {
  readonly #registry: Registry;
  readonly #settings: WatchSettings;
  readonly #open = new Set<OpenWatch>();
  readonly #bookmarkTimer: NodeJS.Timeout;
  #tick = 0;
  /** Waiters for versions that are still to come. */
  readonly #waiting = new Set<{ version: number; reached: () => void }>();

  constructor(registry: Registry, settings: WatchSettings) {
    this.#registry = registry;
    this.#settings = settings;
    // Each tick serves one slice of the watches, so that bookmarks don't come in one burst.
    const slices = Math.min(60, Math.max(1, Math.floor(settings.bookmarkIntervalMs / 1000)));
    this.#bookmarkTimer = setInterval(() => {
      this.#tick = (this.#tick + 1) % slices;
      let index = 0;
      for (const { resource, watch } of this.#open) {
        if (index % slices === this.#tick) resource.hub.bookmark(watch);
        index += 1;
      }
    }, settings.bookmarkIntervalMs / slices);
    this.#bookmarkTimer.unref();
  }

  get size(): number {
    return this.#open.size;
  }

  /** The open watches, by resource. */
  *resources(): Iterable<Resource> {
    for (const { resource } of this.#open) yield resource;
  }

  /** Answers a watch request with a stream. */
  async open(
    exchange: Exchange,
    resource: Resource,
    scope: { namespace: string; filter: ObjectFilter; encoding: Encoding },
    options: ListOptions,
  ): Promise<void> {
    const { resourceVersion, sendInitialEvents, allowWatchBookmarks } = options;
    const sink = this.#settings.wrap(
      { write: (line) => this.#write(exchange, line), end: () => exchange.end() },
      exchange,
      resource.type.resource,
    );
    exchange.startStream('application/json');
    if (sendInitialEvents && (await this.#isBehind(resourceVersion))) {
      endWithError(sink, this.#tooLarge(resourceVersion!));
      return;
    }
    if (!exchange.open) return;
    const start: WatchStart = sendInitialEvents
      ? { from: 'now', initialEventsEnd: allowWatchBookmarks }
      : { from: 'version', version: resourceVersion || this.#registry.versions.current };
    const request = { ...scope, bookmarks: allowWatchBookmarks };
    const watch = resource.hub.open(request, start, sink);
    if (!watch) return;
    this.#keep(exchange, resource, watch, sink, options);
  }

  /** Ends all watches that match, cleanly. */
  end(matches: (resource: Resource) => boolean = () => true): void {
    for (const open of [...this.#open]) if (matches(open.resource)) open.end();
  }

  /** Whether a version is reached within a time. */
  reached(version: number, withinMs: number): Promise<boolean> {
    if (version <= this.#registry.readVersion) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter = {
        version,
        reached: () => {
          clearTimeout(timer);
          this.#waiting.delete(waiter);
          resolve(true);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        resolve(version <= this.#registry.readVersion);
      }, withinMs);
      this.#waiting.add(waiter);
    });
  }

  /** Tells those who wait that there has been a write. */
  advanced(): void {
    for (const waiter of this.#waiting) {
      if (waiter.version <= this.#registry.readVersion) waiter.reached();
    }
  }

  /** Ends everything, timers included. */
  stop(): void {
    clearInterval(this.#bookmarkTimer);
    for (const waiter of this.#waiting) waiter.reached();
    this.end();
  }

  #keep(
    exchange: Exchange,
    resource: Resource,
    watch: Watch,
    sink: WatchSink,
    { timeoutSeconds }: ListOptions,
  ): void {
    const timeoutMs =
      timeoutSeconds === undefined ? minTimeoutMs * (1 + Math.random()) : timeoutSeconds * 1000;
    // A last bookmark two seconds before the end, so that the next watch starts from there.
    const bookmarkMs = timeoutMs - 2000;
    let timer: NodeJS.Timeout | undefined;
    const close = (): void => {
      clearTimeout(timer);
      this.#open.delete(open);
      resource.hub.close(watch);
    };
    const open: OpenWatch = {
      resource,
      watch,
      exchange,
      end: () => {
        close();
        sink.end();
      },
    };
    this.#open.add(open);
    exchange.onClose(close);
    const arm = (run: () => void, delayMs: number): void => {
      timer = setTimeout(run, Math.min(delayMs, 2 ** 31 - 1));
      timer.unref();
    };
    if (bookmarkMs > 0) {
      arm(() => {
        resource.hub.bookmark(watch);
        arm(open.end, timeoutMs - bookmarkMs);
      }, bookmarkMs);
    } else {
      arm(open.end, timeoutMs);
    }
  }

  async #isBehind(version: number | undefined): Promise<boolean> {
    if (version === undefined) return false;
    return !(await this.reached(version, this.#settings.futureVersionWaitMs));
  }

  #tooLarge(version: number): StatusError {
    return tooLargeVersion(version, this.#registry.readVersion);
  }

  #write(exchange: Exchange, line: Buffer): void {
    exchange.write(line);
    // A reader that falls too far behind loses the watch, as with the real server, and starts anew.
    if (exchange.bufferedBytes > this.#settings.maxWatchBufferBytes) exchange.destroy();
  }
}
