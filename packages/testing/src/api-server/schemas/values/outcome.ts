import type { FieldError } from '../../http/status.ts';
import { show } from '../../validation/field-errors.ts';

/** What is wrong with one value. */
export interface Problem {
  /** What makes it the same as another. */
  readonly text: string;
  /** Left out where it concerns several fields. */
  readonly path?: string;
  readonly reason: FieldError['reason'];
  readonly message: string;
}

/** Problems, and how many checks were made: among alternatives, the one with the most tells what is wrong. */
export interface Outcome {
  readonly problems: Problem[];
  checks: number;
}

/** Adds what another check found. */
export function merge(into: Outcome, other: Outcome): void {
  add(into, ...other.problems);
  into.checks += other.checks;
}

/** Adds problems, each once. */
export function add({ problems }: Outcome, ...more: readonly Problem[]): void {
  for (const problem of more) {
    if (!problems.some(({ text }) => text === problem.text)) problems.push(problem);
  }
}

/** The outcome of a check that failed; it doesn't count as one. */
export function failed(problem: Problem): Outcome {
  return { problems: [problem], checks: 0 };
}

export function passed(): Outcome {
  return { problems: [], checks: 1 };
}

/** A refusal that shows the value, and says what it should be. */
export function refused(
  path: string,
  value: unknown,
  what: string,
  reason: FieldError['reason'] = 'FieldValueInvalid',
): Problem {
  const text = `${path} in body ${what}`;
  return { text, path, reason, message: `Invalid value: ${show(value)}: ${text}` };
}
