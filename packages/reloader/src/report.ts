import {
  levelOf,
  type Change,
  type DecisionEvent,
  type Outcome,
  type ReloaderEvent,
} from './events.ts';
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
  line: (event, time) =>
    JSON.stringify({
      time: new Date(time).toISOString(),
      level: levelOf(event),
      msg: messageOf(event),
      ...event,
      ...('durationMs' in event && { durationMs: Math.round(event.durationMs * 10) / 10 }),
    }),
};

/** What an event says, in one line. */
function messageOf(event: ReloaderEvent): string {
  const about = 'workload' in event && event.workload ? `${describeWorkload(event.workload)} ` : '';
  if (event.type === 'decision') return `${about}${event.outcome}: ${event.reason}`;
  if (event.type === 'synced') return `watching ${event.optedIn} of ${event.workloads} workloads`;
  return `${about}${oneLine(event.message)}`;
}

/** Columns grow with what they hold, up to here: one monstrous name should not push all others apart. */
const widest = 56;

const tones: { readonly [outcome in Outcome]: Tone } = {
  rolled: 'good',
  'would-roll': 'good',
  recorded: 'plain',
  'would-record': 'plain',
  restored: 'plain',
  held: 'plain',
  unchanged: 'faint',
  waiting: 'plain',
  released: 'faint',
};

/** Lines for people, in columns: when, what changed, who uses it, what was done, milliseconds, why. */
export function createTextReport(paint: Paint = (_tone, text) => text): Report & {
  /** The heading of the columns. */
  readonly heading: string;
} {
  const widths = { changed: 32, usedBy: 26, outcome: 9 };
  const column = (name: keyof typeof widths, text: string): string => {
    widths[name] = Math.min(widest, Math.max(widths[name], text.length));
    return text.padEnd(widths[name]);
  };
  const line = (
    time: string,
    changed: string,
    usedBy: string,
    outcome: string,
    ms: string,
    why: string,
    tone: Tone,
  ): string =>
    [
      paint('faint', time.padEnd(8)),
      paint(tone === 'faint' ? 'faint' : 'plain', column('changed', changed)),
      paint(tone === 'faint' ? 'faint' : 'strong', column('usedBy', usedBy)),
      paint(tone, column('outcome', outcome)),
      paint('faint', ms.padStart(6)),
      why,
    ].join('  ');
  const decision = (time: string, event: DecisionEvent): string =>
    line(
      time,
      event.changes.map(describeChange).join(', '),
      describeWorkload(event.workload),
      event.outcome,
      `${Math.round(event.durationMs)} ms`,
      event.reason,
      tones[event.outcome],
    );
  return {
    heading: line('TIME', 'CHANGED', 'USED BY', 'OUTCOME', 'TOOK', 'WHY', 'faint'),
    line(event, at) {
      const time = clockTime(at);
      switch (event.type) {
        case 'decision':
          return decision(time, event);
        case 'failed': {
          const workload = event.workload ? describeWorkload(event.workload) : '';
          return line(
            time,
            '',
            workload,
            'failed',
            '',
            `${oneLine(event.message)}; trying again`,
            'bad',
          );
        }
        case 'notice':
          return line(time, '', '', 'notice', '', oneLine(event.message), 'plain');
        case 'problem':
          return line(
            time,
            '',
            describeWorkload(event.workload),
            'problem',
            '',
            event.message,
            'bad',
          );
        case 'synced':
          return line(
            time,
            '',
            '',
            'watching',
            '',
            `${event.optedIn} of ${event.workloads} workloads`,
            'plain',
          );
      }
    },
  };
}

function describeChange({ type, kind, name }: Change): string {
  switch (type) {
    case 'seen':
    case 'changed':
    case 'left':
      return `workload ${type}`;
    default:
      // Without the namespace, since it is that of the workload.
      return `${kind.toLowerCase()} ${name} ${type}`;
  }
}

function describeWorkload({ kind, namespace, name }: WorkloadName): string {
  return `${kind.toLowerCase()} ${namespace}/${name}`;
}

function clockTime(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
