import { child, key } from '../../validation/field-errors.ts';
import { additionalOf, propertyOf, type Schema } from '../schema.ts';

interface Step {
  readonly name: string;
  /** Whether it is written in brackets, as keys of maps are. */
  readonly quoted: boolean;
}

function stepsOf(path: string): Step[] | undefined {
  const steps: Step[] = [];
  const pattern = /\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/y;
  while (pattern.lastIndex < path.length) {
    const match = pattern.exec(path);
    if (!match) return undefined;
    const [, plain, quoted = ''] = match;
    steps.push({ name: plain ?? quoted.replaceAll(/\\(.)/g, '$1'), quoted: plain === undefined });
  }
  return steps;
}

/** Whether a path such as `.a.b['c']` leads to a field of the schema. */
export function isFieldPath(path: string, schema: Schema): boolean {
  const steps = stepsOf(path);
  let found: Schema | undefined = schema;
  for (const { name } of steps ?? []) {
    found = found && (found.properties ? propertyOf(found, name) : additionalOf(found));
  }
  return steps !== undefined && found !== undefined;
}

/** The field that such a path leads to from another field. */
export function fieldAtPath(field: string, path: string): string {
  return (stepsOf(path) ?? []).reduce(
    (at, { name, quoted }) => (quoted ? key(at, name) : child(at, name)),
    field,
  );
}
