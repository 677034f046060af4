import {
  wholeKind,
  type BranchObserved,
  type BranchState,
  type PlanBranch,
  type PlanFacts,
  type PlanReason,
  type PlanState,
} from './types.ts';

/** A by-name watch gets a bookmark about so often, which costs what an event does. */
const bookmarkMs = 60_000;
/** Events that nobody wanted and that come no more often than this cost nothing, to whomever they are compared. */
const trickleMs = 1000;

/** How many identifiers a branch would serve. */
export function demandOf(branch: PlanBranch, { demand }: PlanFacts): number {
  return branch === wholeKind ? demand.total : (demand.byNamespace.get(branch)?.size ?? 0);
}

/** Whether so much is demanded of a branch that it may pay to share it. */
export function isWorthwhile(state: PlanState, branch: PlanBranch, facts: PlanFacts): boolean {
  const { bounds, policy, namespaced, demand, mayShare } = facts;
  if (policy === 'per-object' || (policy === 'auto' && !mayShare)) return false;
  if (branch === wholeKind && namespaced) {
    return demand.byNamespace.size > 1 && replacedBy(state, facts) >= bounds.shareOverNamespacesAt;
  }
  return demandOf(branch, facts) >= (policy === 'shared' ? 1 : bounds.shareAt);
}

/** How many watches a watch of the whole kind would stand for. */
function replacedBy({ branches }: PlanState, facts: PlanFacts): number {
  let watches = facts.demand.total;
  for (const [branch, { name }] of branches) {
    const isOne = name === 'opening' || name === 'shared';
    if (isOne && branch !== wholeKind) watches -= Math.max(demandOf(branch, facts) - 1, 0);
  }
  return watches;
}

/** Whether a collection of this size is small enough for what is demanded of it. */
export function isFitting(size: number, branch: PlanBranch, facts: PlanFacts): boolean {
  return size <= facts.bounds.maxSizeFactor * demandOf(branch, facts);
}

/**
 * Why a branch should be shared no longer, by what was seen of it since it was last looked at. The bounds are apart from those
 * of sharing, so that what lies between changes nothing.
 */
export function contraryTo(
  branch: PlanBranch,
  since: Extract<BranchState, { name: 'shared' }>,
  seen: BranchObserved,
  facts: PlanFacts,
): Extract<PlanReason, 'few' | 'large' | 'busy' | 'failing'> | undefined {
  if (!seen.isLive && facts.isServerUp) return 'failing';
  if (facts.policy === 'shared') return undefined;
  const { bounds, namespaced, now } = facts;
  const demanded = demandOf(branch, facts);
  const overNamespaces = branch === wholeKind && namespaced;
  if (demanded < (overNamespaces ? bounds.shareOverNamespacesAt : bounds.shareAt) / 2) return 'few';
  if (seen.size > 2 * bounds.maxSizeFactor * demanded) return 'large';
  const received = seen.received - since.received;
  const wanted = seen.wanted - since.wanted;
  const apart = wanted + (demanded * (now - since.seenAt)) / bookmarkMs;
  const isBusy = received > bounds.maxEventFactor * apart;
  return isBusy && received - wanted > (now - since.seenAt) / trickleMs ? 'busy' : undefined;
}
