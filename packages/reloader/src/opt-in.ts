import { isObjectName } from './references.ts';

/** The annotation by which a workload opts in or out. */
export const reloadAnnotation = 'depwatch.dev/reload';

/** What a workload wants. */
export interface OptIn {
  /** `off`: to be left alone; `auto`: all that its pod template names counts; `listed`: only what `listed` holds. */
  readonly mode: 'off' | 'auto' | 'listed';
  /** `configmap/name` and `secret/name`; empty unless the mode is `listed`. */
  readonly listed: ReadonlySet<string>;
  /** What is wrong with the annotation, for people. */
  readonly problems: readonly string[];
}

const nothing: ReadonlySet<string> = new Set();

/**
 * Reads the annotation {@link reloadAnnotation}: `auto`, `off`, or a comma list of `configmap/name` and `secret/name`.
 * What is wrong in a list is skipped and told of, so that a typing error never makes more roll than was meant.
 *
 * @param value the annotation's value; without one, or with a blank one, `all` decides
 * @param all whether workloads without the annotation take part
 */
export function readOptIn(value: string | undefined, all: boolean): OptIn {
  const text = value?.trim() ?? '';
  if (text === '') return { mode: all ? 'auto' : 'off', listed: nothing, problems: [] };
  if (text === 'auto' || text === 'off') return { mode: text, listed: nothing, problems: [] };

  const listed = new Set<string>();
  const problems: string[] = [];
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    const [, kind, name = ''] = /^(configmap|secret)\/(.*)$/s.exec(item) ?? [];
    if (kind && isObjectName(name)) listed.add(item);
    else
      problems.push(
        `${reloadAnnotation}: ${JSON.stringify(item)} is neither "auto" nor "off", nor "configmap/name" nor "secret/name"`,
      );
  }
  return { mode: 'listed', listed, problems };
}
