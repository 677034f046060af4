import { styleText } from 'node:util';

import type { Logger } from '@depwatch/controller';

/** How much a line matters, from the least. */
export const levels = ['debug', 'info', 'warn', 'error'] as const;

/** One of them. */
export type Level = (typeof levels)[number];

/** What a log is made of. */
export interface LogOptions {
  /** Lines for people, or one JSON object a line with `time`, `level` and `msg`. */
  readonly format: 'text' | 'json';
  /** What matters less isn't said. */
  readonly level: Level;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Gets each line, without a line break at its end. */
  write(line: string): void;
}

/** A logger that writes lines, and counts how often it was told of each outcome. */
export function createLog({ format, level: least, now, write }: LogOptions) {
  const outcomes = new Map<string, number>();
  const line = format === 'json' ? jsonLine : textLine;
  const at =
    (level: Level): Logger[Level] =>
    (fields, message) => {
      const { outcome } = fields as { outcome?: string };
      if (outcome) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (levels.indexOf(level) < levels.indexOf(least)) return;
      write(line(new Date(now()), level, message, fields));
    };
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { ...logger, outcomes: outcomes as ReadonlyMap<string, number> };
}

type Fields = { readonly [field: string]: unknown };

function jsonLine(time: Date, level: Level, msg: string, fields: object): string {
  const { err, error = err, ...rest } = fields as Fields;
  return JSON.stringify({
    time,
    level,
    msg,
    ...rest,
    ...(error !== undefined && { error: told(error) }),
  });
}

/** What is logged was made to be read: of its fields a text needs only what went wrong, whom that is about, and why. */
function textLine(time: Date, level: Level, message: string, fields: object): string {
  const { err, error = err, watcher, causes, outcome } = fields as Fields;
  const why = Array.isArray(causes) && causes.length > 0 ? ` (${causes.join(', ')})` : '';
  const text = [message + why, watcher, error && told(error)].filter(Boolean).join(': ');
  const look = level === 'info' && outcome === 'rolled' ? 'green' : looks[level];
  const clock = time.toTimeString().slice(0, 8);
  const parts = `${clock} ${level.padEnd(5)} ${text.replaceAll(/\s*\n\s*/g, ' ')}`;
  return look ? styleText(look, parts, { stream: process.stdout }) : parts;
}

const looks = { debug: 'dim', info: undefined, warn: 'yellow', error: 'red' } as const;

function told(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
