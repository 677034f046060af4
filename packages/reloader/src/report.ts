import { levelOf, type Change, type Outcome, type ReloaderEvent } from './events.ts';
import type { WorkloadName } from './workload.ts';

/** How the parts of a line may look. */
export type Tone = 'strong' | 'faint' | 'good' | 'bad' | 'plain';

/** Gives a piece of text its look; the default leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;

/** Turns events into lines, without a line break at their end. */
export interface Report {
  /** The line for an event that happened at `time`, in milliseconds since the Unix epoch. */
  line(event: ReloaderEvent, time: number): string;
}

/** One JSON object a line: time, level and message, and the event's own fields. */
export const jsonReport: Report = {
  line(event, time) {
    const { workload = '', outcome, why } = cellsOf(event);
    const msg = `${workload} ${outcome}: ${why}`.trim();
    return JSON.stringify({
      time: new Date(time).toISOString(),
      level: levelOf(event),
      msg,
      ...event,
      ...('durationMs' in event && { durationMs: Math.round(event.durationMs * 10) / 10 }),
    });
  },
};

/** Lines for people, in columns: when, what changed, who uses it, what was done, milliseconds, why. */
export function createTextReport(paint: Paint = (_tone, text) => text): Report & {
  /** The heading of the columns. */
  readonly heading: string;
} {
  const line = (
    time: string,
    { changed = '', workload = '', outcome, took = '', why, tone }: Cells,
  ) =>
    [
      paint('faint', time.padEnd(8)),
      paint(tone === 'faint' ? 'faint' : 'plain', changed.padEnd(32)),
      paint(tone === 'faint' ? 'faint' : 'strong', workload.padEnd(26)),
      paint(tone, outcome.padEnd(9)),
      paint('faint', took.padStart(7)),
      why,
    ].join('  ');
  return {
    heading: line('TIME', {
      changed: 'CHANGED',
      workload: 'USED BY',
      outcome: 'OUTCOME',
      took: 'TOOK',
      why: 'WHY',
      tone: 'faint',
    }),
    line: (event, at) => line(new Date(at).toTimeString().slice(0, 8), cellsOf(event)),
  };
}

/** What stands in the columns. */
interface Cells {
  readonly changed?: string;
  readonly workload?: string;
  readonly outcome: string;
  readonly took?: string;
  readonly why: string;
  readonly tone: Tone;
}

function cellsOf(event: ReloaderEvent): Cells {
  const about = 'workload' in event && event.workload && describeWorkload(event.workload);
  const workload = about ? { workload: about } : {};
  switch (event.type) {
    case 'decision':
      return {
        ...workload,
        changed: event.changes.map(describeChange).join(', '),
        outcome: event.outcome,
        took: `${Math.round(event.durationMs)} ms`,
        why: event.reason,
        tone: toneOf(event.outcome),
      };
    case 'synced':
      return {
        outcome: 'watching',
        why: `${event.optedIn} of ${event.workloads} workloads`,
        tone: 'plain',
      };
    case 'failed': {
      const why = `${oneLine(event.message)}; trying again`;
      return { ...workload, outcome: 'failed', why, tone: 'bad' };
    }
    case 'problem':
      return { ...workload, outcome: 'problem', why: oneLine(event.message), tone: 'bad' };
    case 'notice':
      return { outcome: 'notice', why: oneLine(event.message), tone: 'plain' };
  }
}

function toneOf(outcome: Outcome): Tone {
  if (outcome === 'rolled' || outcome === 'would-roll') return 'good';
  return outcome === 'unchanged' || outcome === 'released' ? 'faint' : 'plain';
}

function describeChange({ type, kind, name }: Change): string {
  if (type === 'seen' || type === 'changed' || type === 'left') return `workload ${type}`;
  // Without the namespace, since it is that of the workload.
  return `${kind.toLowerCase()} ${name} ${type}`;
}

function describeWorkload({ kind, namespace, name }: WorkloadName): string {
  return `${kind.toLowerCase()} ${namespace}/${name}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
