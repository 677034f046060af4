import { parseArgs } from 'node:util';

import { levels, type Level } from './log.ts';

/** What the command line asks for. */
export type CliOptions = ReturnType<typeof parseCliOptions>;

/** A flag that isn't known, or a value that can't be; the message names it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What `--help` prints. */
export const helpText = `Rolls Deployments, StatefulSets and DaemonSets when the data of a ConfigMap or Secret
that their pod template names changes.

usage: depwatch-reloader [options]

  --kubeconfig FILE   the cluster to work on; without it the one that KUBECONFIG names, else the one
                      that this runs in, as the service account of its pod
  --context NAME      a context of the kubeconfig (default: its current one)
  --namespace NAME    only workloads in this namespace; may be given several times
  --leader-elect NAMESPACE
                      of several that run with this one works, the others stand by; the Lease by which
                      they take turns, depwatch-reloader, is in this namespace
  --all               every workload takes part that doesn't opt out
  --dry-run           say what would be done, and write nothing
  --log text|json     what the lines look like (default: text)
  --log-level LEVEL   debug, info, warn or error (default: info); debug adds what changed nothing
  --embedded          work on an API server within this process, with workloads that are made up and
                      change all the time, instead of a cluster, and serve a live page of it; takes
                      @depwatch/testing, @depwatch/inspector and @kubernetes/client-node, installed
                      beside this
  --help              print this
  --version           print the version

A workload takes part by an annotation of its own, or of its pod template:

  depwatch.dev/reload: auto                          all that its pod template names counts
  depwatch.dev/reload: configmap/web,secret/db       only these
  depwatch.dev/reload: "off"                         nothing, in spite of --all

It runs until SIGINT (Ctrl-C) or SIGTERM. Exit codes: 0 ended by a signal, 1 the kubeconfig can't be
used, 2 the command line can't be.
`;

const formats = ['text', 'json'] as const;

/**
 * Reads the command line.
 *
 * @throws UsageError
 */
export function parseCliOptions(args: readonly string[]) {
  const { log, 'log-level': level, namespace, 'dry-run': dryRun, ...rest } = parse(args);
  const { kubeconfig, context, 'leader-elect': lease, embedded } = rest;
  for (const name of namespace) checkNamespace('--namespace', name);
  if (lease !== undefined) checkNamespace('--leader-elect', lease);
  for (const [flag, value] of Object.entries({ kubeconfig, context, 'leader-elect': lease })) {
    if (value === '') throw new UsageError(`--${flag}: must not be empty`);
    if (value !== undefined && embedded)
      throw new UsageError(`--embedded and --${flag}: an embedded API server needs no ${flag}`);
  }
  return {
    ...rest,
    dryRun,
    /** The namespace of the Lease; undefined: it works alone. */
    leaseNamespace: lease,
    /** Empty: all. */
    namespaces: namespace as readonly string[],
    log: oneOf('--log', log, formats),
    /** What matters less isn't said. */
    logLevel: oneOf('--log-level', level, levels) as Level,
  };
}

function checkNamespace(flag: string, name: string): void {
  if (name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) return;
  throw new UsageError(`${flag}: ${JSON.stringify(name)} can't be the name of a namespace`);
}

function oneOf<T extends string>(flag: string, text: string, all: readonly T[]): T {
  const found = all.find((one) => one === text);
  if (found) return found;
  throw new UsageError(`${flag}: ${JSON.stringify(text)} is none of ${all.join(', ')}`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        all: { type: 'boolean', default: false },
        context: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        embedded: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        kubeconfig: { type: 'string' },
        'leader-elect': { type: 'string' },
        log: { type: 'string', default: 'text' },
        'log-level': { type: 'string', default: 'info' },
        namespace: { type: 'string', multiple: true, default: [] },
        version: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The rest is advice about positional arguments, which there are none of.
    throw new UsageError(message.split('. ')[0] ?? message);
  }
}
