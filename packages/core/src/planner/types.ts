import type { Patience } from './patience.ts';

/**
 * Where several identifiers of one kind may be served by one watch: a namespace, by its name, or {@link wholeKind}. A kind
 * without namespaces has that one alone.
 */
export type PlanBranch = string;

/** The branch that all others are part of: every object of the kind. */
export const wholeKind: PlanBranch = '';

/** `auto`: one watch for many where that costs less; `per-object`: never; `shared`: always. */
export type WatchPlan = 'auto' | 'per-object' | 'shared';

/** When identifiers are to share a watch, and when no longer. */
export interface WatchPlanBounds {
  /** So many of one namespace (or of a kind without namespaces) share; under half of that they part. */
  readonly shareAt: number;
  /** The kind is shared where that replaces so many watches of more than one namespace. */
  readonly shareOverNamespacesAt: number;
  /** A collection may have so many objects for each that is demanded; with twice as many those that share it part. */
  readonly maxSizeFactor: number;
  /** So many events may come for each that watches by name would get: those that are wanted, and a bookmark a minute each. */
  readonly maxEventFactor: number;
  /** How long something has to speak against it, without a break, until those that share part; in milliseconds. */
  readonly unshareAfterMs: number;
  /** How long it is remembered that a collection can't be shared, in milliseconds; that it is busy 12 times as long. */
  readonly avoidMs: number;
}

/** Why something is not shared, for those who read logs and metrics. */
export type AvoidReason =
  /** The server refuses to have it listed or watched. */
  | 'refused'
  /** The versions of its objects are not in order, so that nobody can change from one watch to another. */
  | 'unordered'
  /** It has far more objects than are demanded. */
  | 'large'
  /** Far more events came than were wanted. */
  | 'busy'
  /** Its size couldn't be found out. */
  | 'unknown'
  /** The server did not answer for so long that nobody could wait for it. */
  | 'slow'
  /** The server answered, but its watch kept failing: over an object, perhaps, that nobody has asked for. */
  | 'failing';

/** Why the plan was changed. */
export type PlanReason =
  | AvoidReason
  /** So much is demanded that one watch costs less. */
  | 'demand'
  /** Too little is demanded by now. */
  | 'few'
  /** The watch of the whole kind serves it. */
  | 'kind';

/** That a branch is not to be shared. */
export interface Avoided {
  readonly name: 'avoided';
  readonly why: AvoidReason;
  /** When it was found out, and until when it holds. */
  readonly since: number;
  readonly lookAt: number;
  /** How many objects it had. */
  readonly size: number | undefined;
}

/**
 * Where a branch stands that is not served object by object, as a matter of course; times are milliseconds of the clock,
 * `lookAt` when it is to be looked at again.
 *
 * - `sizing`: the server is asked how many objects it has; new identifiers wait for that
 * - `opening`: its watch is coming up; they wait for that, too, as long as it is `patient`
 * - `shared`: its watch serves all
 * - `parting`: its watch serves who has nothing else yet
 * - `avoided`: it can't be shared for a while
 */
export type BranchState =
  | ({ readonly name: 'sizing' } & Patience)
  | ({ readonly name: 'opening'; readonly patient: boolean } & Patience)
  | {
      readonly name: 'shared';
      readonly lookAt: number;
      /** When it was last looked at, and how many events there had been by then. */
      readonly seenAt: number;
      readonly received: number;
      readonly wanted: number;
      /** Since when everything speaks against it. */
      readonly contrarySince: number | undefined;
    }
  | {
      readonly name: 'parting';
      readonly next: Avoided | undefined;
      readonly lookAt: number;
      /** Since when it fails, without a break. */
      readonly failingSince: number | undefined;
    }
  | Avoided;

/** The plan of one group: a kind, of which metadata or whole objects are watched. Only branches that are not apart are in it. */
export interface PlanState {
  readonly branches: ReadonlyMap<PlanBranch, BranchState>;
}

/** What happens to a plan. Nothing is said of a branch after its `close`. */
export type PlanInput =
  /** There are more, or fewer, identifiers of a namespace than before; of {@link wholeKind}, that span them all. */
  | { readonly type: 'demanded'; readonly namespace: string }
  /** How many objects a branch has; undefined: the server doesn't say. */
  | { readonly type: 'sized'; readonly branch: PlanBranch; readonly size: number | undefined }
  /** The size could not be had; `retryable`: for a trouble that passes. */
  | { readonly type: 'failed'; readonly branch: PlanBranch; readonly retryable: boolean }
  /** It can't be shared, as has turned out before it was ever live or later. */
  | {
      readonly type: 'unfit';
      readonly branch: PlanBranch;
      readonly why: Extract<AvoidReason, 'refused' | 'unordered'>;
    }
  /** The branch's watch is live. */
  | { readonly type: 'live'; readonly branch: PlanBranch }
  /** The branch's watch serves nobody any more. */
  | { readonly type: 'emptied'; readonly branch: PlanBranch }
  | { readonly type: 'elapsed' };

/** What to do, in this order. */
export type PlanEffect =
  /** Ask how many objects there are. */
  | { readonly type: 'size'; readonly branch: PlanBranch }
  /** Start a watch of all there are. */
  | { readonly type: 'open'; readonly branch: PlanBranch }
  /** End that, or the question for the size. Whom it still serves has to go on by itself. */
  | { readonly type: 'close'; readonly branch: PlanBranch }
  /** The {@link placeOf} those in this branch may be another one. */
  | { readonly type: 'arrange'; readonly branch: PlanBranch }
  /** Set the timer to this moment, instead of the one that may be set. */
  | { readonly type: 'timer'; readonly at: number }
  /** For logs and metrics. */
  | {
      readonly type: 'changed';
      readonly change: 'share' | 'unshare';
      readonly branch: PlanBranch;
      readonly reason: PlanReason;
    };

/** What was seen of a branch that has a watch. */
export interface BranchObserved {
  /** How many objects it has. */
  readonly size: number;
  /** How many events came, ever, and how many of them somebody had asked for. */
  readonly received: number;
  readonly wanted: number;
  /** Whether some of those it serves, or is to serve, are not up yet. */
  readonly isComingUp: boolean;
  /** Whether objects of it have arrived. */
  readonly isArriving: boolean;
  /** Whether its watch shows what there is. */
  readonly isLive: boolean;
}

/** What a plan may know of the world. */
export interface PlanFacts {
  /** Milliseconds, on the clock's scale. */
  readonly now: number;
  readonly policy: WatchPlan;
  readonly bounds: WatchPlanBounds;
  /** Whether objects that nobody asked for may be fetched at all. */
  readonly mayShare: boolean;
  /** Whether the kind lives in namespaces. */
  readonly namespaced: boolean;
  /** How many identifiers are demanded: of each namespace that has any, under {@link wholeKind} those that span all, and in all. */
  readonly demand: {
    readonly byNamespace: ReadonlyMap<string, { readonly size: number }>;
    readonly total: number;
  };
  /** Whether the server is there; while it isn't, nobody's patience ends. */
  readonly isServerUp: boolean;
  /** How long who is new waits for a branch to come up, in milliseconds. */
  readonly patienceMs: number;
  /** What is known of a branch of the plan at present. */
  observed(branch: PlanBranch): BranchObserved;
}
