import { createRequire } from 'node:module';

import type * as Re2 from 're2js';

const compiled = new Map<string, Re2.RE2JS>();
let library: typeof Re2 | undefined;

/**
 * A pattern as Go reads it: JavaScript's own regular expressions differ in flags, classes, escapes and lookaround. The
 * library is loaded with the first pattern.
 *
 * @throws Error when it is none, with Go's words
 */
export function compilePattern(pattern: string): Re2.RE2JS {
  let found = compiled.get(pattern);
  if (!found) {
    library ??= createRequire(import.meta.url)('re2js') as typeof Re2;
    compiled.set(pattern, (found = library.RE2JS.compile(pattern)));
  }
  return found;
}

/** Whether a pattern is found anywhere in a text. */
export function matchesPattern(pattern: string, text: string): boolean {
  return compilePattern(pattern).matcher(text).find();
}
