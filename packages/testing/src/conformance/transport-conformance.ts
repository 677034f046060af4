import { accessCases } from './transport/access-cases.ts';
import { applyCases } from './object-client/apply-cases.ts';
import type { CaseDefinition } from './case-definition.ts';
import { clientInputCases } from './object-client/client-input-cases.ts';
import { deleteCases } from './object-client/delete-cases.ts';
import { discoveryCases } from './transport/discovery-cases.ts';
import { endingCases } from './transport/ending-cases.ts';
import type { ConformanceCase, ConformanceHarness } from './harness.ts';
import { initialEventsCases } from './transport/initial-events-cases.ts';
import { Lab } from './lab/lab.ts';
import { listCases } from './transport/list-cases.ts';
import { listPageCases } from './transport/list-page-cases.ts';
import { objectReadCases } from './object-client/object-read-cases.ts';
import { patchCases } from './object-client/patch-cases.ts';
import { watchCases } from './transport/watch-cases.ts';
import { watchScopeCases } from './transport/watch-scope-cases.ts';
import { writeCases } from './object-client/write-cases.ts';
import { writeEndingCases } from './object-client/write-ending-cases.ts';

const definitions: readonly CaseDefinition[] = [
  ...discoveryCases,
  ...listCases,
  ...listPageCases,
  ...watchCases,
  ...watchScopeCases,
  ...initialEventsCases,
  ...endingCases,
  ...accessCases,
  ...objectReadCases,
  ...clientInputCases,
  ...writeCases,
  ...patchCases,
  ...applyCases,
  ...deleteCases,
  ...writeEndingCases,
];

/**
 * Everything that a `Transport` must do, and an `ObjectClient` where the harness has one, as cases for any test runner: run those with nothing `missing`, skip
 * the others visibly. Each has its own namespace, so all but the `exclusive` ones may run at once, any number of times,
 * on a server that is in use.
 */
export function transportConformance(harness: ConformanceHarness): readonly ConformanceCase[] {
  return definitions.map(({ name, requires = [], exclusive = false, run }) => {
    const missing = requires.filter((capability) => harness[capability] === undefined);
    return {
      name,
      requires,
      missing,
      exclusive,
      async run() {
        if (missing.length > 0)
          throw new Error(`${name}: the harness has no ${missing.join(', ')}`);
        const lab = await Lab.open(harness);
        try {
          await run(lab);
        } finally {
          await lab.close();
        }
      },
    };
  });
}
