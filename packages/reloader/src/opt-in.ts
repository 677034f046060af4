import { isObjectName } from './references.ts';

/** The annotation by which a workload opts in or out. */
export const reloadAnnotation = 'depwatch.dev/reload';

/** What a workload wants. */
export interface OptIn {
  /** `off`: to be left alone; `auto`: all that its pod template names counts; `listed`: only what `listed` holds. */
  readonly mode: 'off' | 'auto' | 'listed';
  /** `configmap/name` and `secret/name`; empty unless some are listed, beside `auto` too. */
  readonly listed: ReadonlySet<string>;
  /** What is wrong with the annotation, for people. */
  readonly problems: readonly string[];
}

/**
 * Reads the annotation {@link reloadAnnotation}: `auto`, `off`, or a comma list of `configmap/name` and `secret/name`; `auto`
 * in a list is all there is, the rest of the list included. What is wrong in a list is skipped and told of, so that a typing
 * error never makes more roll than was meant.
 *
 * @param value the annotation's value; without one, or with a blank one, `all` decides
 * @param all whether workloads without the annotation take part
 */
export function readOptIn(value: string | undefined, all: boolean): OptIn {
  const items = (value ?? '').split(',').flatMap((part) => part.trim() || []);
  const listed = new Set<string>();
  const problems: string[] = [];
  if (items.length === 0) return { mode: all ? 'auto' : 'off', listed, problems };
  if (items.length === 1 && items[0] === 'off') return { mode: 'off', listed, problems };

  for (const item of items) {
    const [, kind, name = ''] = /^(configmap|secret)\/(.*)$/s.exec(item) ?? [];
    if (kind && isObjectName(name)) listed.add(item);
    else if (item === 'off') problems.push(`${reloadAnnotation}: "off" has to stand alone`);
    else if (item !== 'auto')
      problems.push(
        `${reloadAnnotation}: ${JSON.stringify(item)} is neither "auto" nor "off", nor "configmap/name" nor "secret/name"`,
      );
  }
  return { mode: items.includes('auto') ? 'auto' : 'listed', listed, problems };
}
