import { constants } from 'node:buffer';
import { validateHeaderValue } from 'node:http';

import {
  checkRecord,
  invalidInput,
  typeName,
  noMetrics,
  silentLogger,
  type Clock,
  type Logger,
  type Metrics,
} from '@depwatch/core';

import type { KubeConfigLike } from './credentials/kube-config.ts';
import { serverOf } from './credentials/kube-config.ts';
import { systemClock } from './system-clock.ts';

/** What {@link createK8sTransport} takes. Durations are milliseconds. */
export interface K8sTransportOptions {
  /**
   * Whose current context says where the API server is and who asks: what `loadKubeConfig` gives, or a `KubeConfig` of
   * `@kubernetes/client-node`.
   */
  readonly kubeConfig: KubeConfigLike;
  /**
   * How long a request may go without a byte from the server, from the call on: to the end of the answer, for a watch to
   * the answer's headers. Reads and writes of objects that are sent again have to start within that time.
   *
   * @default 10_000
   */
  readonly requestTimeoutMs?: number;
  /**
   * The most bytes that one event of a watch may have, and the answer to a read or a write of one object.
   *
   * @default 8_388_608 (8 MiB)
   */
  readonly maxLineBytes?: number;
  /**
   * The most bytes that one page of a list may have.
   *
   * @default 268_435_456 (256 MiB)
   */
  readonly maxListBytes?: number;
  /**
   * How often each HTTP/2 connection is pinged.
   *
   * @default 30_000
   */
  readonly pingIntervalMs?: number;
  /**
   * How long a ping may stay unanswered. A connection that is silent for `pingIntervalMs` + `pingTimeoutMs` is
   * destroyed, and what runs over it fails.
   *
   * @default 15_000
   */
  readonly pingTimeoutMs?: number;
  /**
   * Hears of connections and credentials that fail, and, as `warn`, what the API server warns of in its answers to reads
   * and writes of objects: each text once.
   *
   * @default says nothing
   */
  readonly logger?: Logger;
  /** Told of each request: `rest_client_requests_total`, with `code`, `method` and `host`. @default none */
  readonly metrics?: Metrics;
  /** @default the system's */
  readonly clock?: Clock;
  /** @default `"depwatch"` */
  readonly userAgent?: string;
}

/** The options with their defaults filled in. */
export type Settings = Required<K8sTransportOptions>;

const megabyte = 1024 * 1024;

/**
 * Fills in the defaults.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function settingsFrom(options: K8sTransportOptions): Settings {
  checkRecord('options', options, 'an object with kubeConfig');
  const {
    kubeConfig,
    logger = silentLogger,
    metrics = noMetrics,
    clock = systemClock,
    userAgent = 'depwatch',
  } = options;
  serverOf(kubeConfig);
  if (typeof clock?.now !== 'function' || typeof clock.setTimeout !== 'function') {
    throw invalidInput('clock: expected an object with now, setTimeout and random');
  }
  if (typeof logger?.debug !== 'function' || typeof logger.warn !== 'function') {
    throw invalidInput('logger: expected an object with debug, info, warn and error');
  }
  if (typeof metrics?.count !== 'function') {
    throw invalidInput('metrics: expected an object with count, gauge and observe');
  }
  return {
    kubeConfig,
    logger,
    metrics,
    clock,
    userAgent: headerValue('userAgent', userAgent),
    requestTimeoutMs: duration('requestTimeoutMs', options.requestTimeoutMs, 10_000),
    maxLineBytes: size('maxLineBytes', options.maxLineBytes, 8 * megabyte),
    maxListBytes: size('maxListBytes', options.maxListBytes, 256 * megabyte),
    pingIntervalMs: duration('pingIntervalMs', options.pingIntervalMs, 30_000),
    pingTimeoutMs: duration('pingTimeoutMs', options.pingTimeoutMs, 15_000),
  };
}

// What a Node timer takes.
const longestMs = 2 ** 31 - 1;

function duration(name: string, value: number | undefined, standard: number): number {
  if (value === undefined) return standard;
  if (!Number.isInteger(value) || value < 1 || value > longestMs) {
    throw invalidInput(
      `${name}: expected whole milliseconds from 1 to ${longestMs}, got ${typeName(value)}`,
    );
  }
  return value;
}

/** What a string may hold, as which JSON is parsed. */
const mostBytes = constants.MAX_STRING_LENGTH;

function size(name: string, value: number | undefined, standard: number): number {
  if (value === undefined) return standard;
  if (!Number.isInteger(value) || value < 1 || value > mostBytes) {
    throw invalidInput(
      `${name}: expected a whole number of bytes from 1 to ${mostBytes}, got ${typeName(value)}`,
    );
  }
  return value;
}

function headerValue(name: string, value: unknown): string {
  try {
    if (typeof value !== 'string' || value === '') throw new TypeError('not a string');
    validateHeaderValue(name, value);
    return value;
  } catch (error) {
    throw invalidInput(`${name}: expected text that can stand in an HTTP header`, error);
  }
}
