import type { Cached } from '@depwatch/controller';
import type { Finding } from './content-hash.ts';
import { recordPath, writtenMs } from './managers.ts';
import { decide, type Decision, type Known } from './record.ts';
import { readWhole, type ReadWith } from './used.ts';
import { recordTextOf, templateHashOf, type Workload } from './workload.ts';

/** Decides what to do about a workload as it is watched, and asks for what watches leave out where that matters. */
export async function decideOn(
  workload: Cached<Workload>,
  known: Known | undefined,
  findings: readonly Finding[],
  readWith: ReadWith,
): Promise<Decision> {
  const recordText = recordTextOf(workload);
  const template = { hash: templateHashOf(workload) };
  const decision = decide({ recordText, known, template, findings });
  if (decision.action !== 'roll' || !decision.isOtherTemplate) return decision;
  // Which of the two changed last, only managedFields tell.
  const { kind = '', metadata } = workload;
  const { namespace = '', name = '', resourceVersion } = metadata ?? {};
  const id = { group: 'apps', version: 'v1', kind, namespace, name };
  const whole = await readWhole(id, readWith);
  if (!whole || whole.metadata?.resourceVersion !== resourceVersion) return decision;
  const changedMs = writtenMs(whole, ['f:spec', 'f:template']);
  const recordedMs = writtenMs(whole, recordPath, 'reloader');
  if (changedMs === undefined || recordedMs === undefined) return decision;
  return decide({ recordText, known, template: { ...template, changedMs, recordedMs }, findings });
}
