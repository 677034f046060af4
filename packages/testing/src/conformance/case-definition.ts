import type { ConformanceCapability } from './harness.ts';
import type { Lab } from './lab/lab.ts';

/** A conformance case, before it is given a harness. */
export interface CaseDefinition {
  readonly name: string;
  readonly requires?: readonly ConformanceCapability[];
  readonly exclusive?: boolean;
  run(lab: Lab): Promise<void>;
}
