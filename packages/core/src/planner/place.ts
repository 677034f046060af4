import { wholeKind, type BranchState, type PlanBranch, type PlanState } from './types.ts';

/** What is to serve an identifier. */
export type Place =
  /** A watch of its own. */
  | 'own'
  /** What serves it now; where nothing does, it is to wait. */
  | 'wait'
  /** The watch of a branch. */
  | { readonly branch: PlanBranch };

const own: Place = 'own';
const wait: Place = 'wait';
const atKind: Place = { branch: wholeKind };

/**
 * What is to serve the identifiers of a namespace.
 *
 * @param namespace {@link wholeKind} for those that span all, and where the kind has none
 */
export function placeOf({ branches }: PlanState, namespace: string): Place {
  if (branches.size === 0) return own;
  const kind = branches.get(wholeKind);
  if (kind?.name === 'shared') return atKind;
  const branch = branches.get(namespace);
  if (branch?.name === 'shared') return { branch: namespace };
  return isAwaited(kind) || isAwaited(branch) ? wait : own;
}

function isAwaited(branch: BranchState | undefined): boolean {
  return (branch?.name === 'sizing' || branch?.name === 'opening') && branch.patient;
}
