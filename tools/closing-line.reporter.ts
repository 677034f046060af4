import { writeFileSync } from 'node:fs';

import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/**
 * Sums up a run in one line, `N passed, N failed, N skipped`.
 *
 * The line goes to the file that DEPWATCH_CLOSING_LINE names, for a caller that has more to say before
 * it, else to the terminal. What fails outside of a test (an import, a type, a stray rejection) counts
 * as failed.
 */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state]++;
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      counts.failed += module.errors().length;
    }
    const { passed, failed, skipped, pending } = counts;
    const line = `${passed} passed, ${failed} failed, ${skipped + pending} skipped\n`;

    const file = process.env['DEPWATCH_CLOSING_LINE'];
    if (file) writeFileSync(file, line);
    else process.stdout.write(line);
  }
}
