import { wholeKind, type BranchState, type PlanBranch, type PlanState } from './types.ts';

/**
 * What is to serve an identifier: a watch of its own, or that of a branch. As long as that isn't up, what serves it now goes on,
 * and one that nothing serves has to wait.
 */
export type Place = 'own' | { readonly branch: PlanBranch; readonly isUp: boolean };

/**
 * What is to serve the identifiers of a namespace.
 *
 * @param namespace {@link wholeKind} for those that span all, and where the kind has none
 */
export function placeOf({ branches }: PlanState, namespace: string): Place {
  if (branches.size === 0) return 'own';
  const kind = branches.get(wholeKind);
  if (kind?.name === 'shared') return { branch: wholeKind, isUp: true };
  const branch = branches.get(namespace);
  if (branch?.name === 'shared') return { branch: namespace, isUp: true };
  if (isAwaited(kind)) return { branch: wholeKind, isUp: false };
  return isAwaited(branch) ? { branch: namespace, isUp: false } : 'own';
}

function isAwaited(branch: BranchState | undefined): boolean {
  return branch?.name === 'sizing' || (branch?.name === 'opening' && branch.patient);
}
