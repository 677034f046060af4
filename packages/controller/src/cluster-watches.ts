import { sameJson, type ObjectClient, type Transport } from '@depwatch/core';
import { createSharedWatches, type SharedWatches } from '@depwatch/dynamic-watcher';
import type { ClusterOptions, ControllerSettings } from './options.ts';

/** What says where a controller watches, and how. */
const ofWatches = [
  'kubeConfig',
  'transport',
  'objectCache',
  'pollIntervalMs',
  'watchPlan',
  'watchPlanBounds',
  'requestTimeoutMs',
  'authGraceMs',
] as const;
/** What both its watches and its reconciles have. */
const ofBoth = ['logger', 'metrics', 'clock'] as const;
const settings = [...ofWatches, ...ofBoth];
/** Settings that are the same where they say the same. */
const plain: ReadonlySet<string> = new Set(['objectCache', 'watchPlanBounds']);

type Setting = (typeof settings)[number];

/** What of a controller's options is its own, whoever watches the same. */
export function ownOptions<Options extends object>(
  options: Options,
): Omit<Options, (typeof ofWatches)[number]> {
  const own = Object.entries(options).filter(([name]) => !ofWatches.some((one) => one === name));
  return Object.fromEntries(own) as Omit<Options, (typeof ofWatches)[number]>;
}

/** A way to an API server, and what is watched there; several controllers may have one. */
export class ClusterWatches {
  readonly shared: SharedWatches;
  readonly #options: Pick<ControllerSettings & ClusterOptions, Setting>;
  #client: ObjectClient | undefined;

  constructor(options: ControllerSettings & ClusterOptions) {
    const given = settings.filter((name) => options[name] !== undefined);
    this.#options = Object.fromEntries(given.map((name) => [name, options[name]]));
    const { kubeConfig: _, transport, ...rest } = this.#options;
    this.#client = transport;
    this.shared = createSharedWatches({
      ...rest,
      transport: transport ?? (() => this.#connect()),
      enableCache: true,
    });
  }

  /** Writes and fresh reads, by the same connections; once a controller has started with them. */
  get client(): ObjectClient {
    return this.#client!;
  }

  /** The first setting in which it differs from another; undefined where one of them will do for both. */
  differsIn(other: ClusterWatches): Setting | undefined {
    return settings.find((name) => {
      const [one, another] = [this.#options[name], other.#options[name]];
      return plain.has(name) ? !sameJson(one, another) : one !== another;
    });
  }

  async #connect(): Promise<Transport> {
    const { kubeConfig, requestTimeoutMs, logger, metrics, clock } = this.#options;
    // Loaded here alone, so that users of a transport of their own load no HTTP client.
    const { createK8sTransport, loadKubeConfig } = await import('@depwatch/k8s-transport');
    const transport = createK8sTransport({
      kubeConfig: kubeConfig ?? (await loadKubeConfig()),
      ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
      ...(logger && { logger }),
      ...(metrics && { metrics }),
      ...(clock && { clock }),
    });
    this.#client = transport;
    return transport;
  }
}
