import type {
  GroupVersionKind,
  KubernetesStatus,
  ObjectIdentifier,
  ResourceQuery,
  ScopedGVR,
} from '@depwatch/core';

/** What a client of single objects is asked to do. */
export type ObjectOperation = 'get' | 'create' | 'update' | 'patch' | 'apply' | 'delete';

/** What a transport is asked to do. */
export type FakeOperation = 'discover' | 'list' | 'watch' | 'probe' | ObjectOperation;

/** A call of the fake transport, as rules see it. */
export interface FakeRequest {
  readonly operation: FakeOperation;
  /** Empty strings when the operation is `probe`. */
  readonly gvk: Readonly<GroupVersionKind>;
  /** What is listed or watched. */
  readonly query?: Readonly<ResourceQuery>;
  /** The single object that is read or written; without a name where one is yet to be made. */
  readonly id?: Readonly<ObjectIdentifier>;
  /** The part of it, such as `status`. */
  readonly subresource?: string;
  /** What is sent: an object, a patch, or the options of a delete. */
  readonly body?: unknown;
  /** As passed by the caller, without the signal. */
  readonly options: {
    readonly limit?: number;
    readonly continue?: string;
    readonly resourceVersion?: string;
    readonly initialEvents?: boolean;
    readonly timeoutMs?: number;
    readonly dryRun?: boolean;
    readonly fieldManager?: string;
    readonly force?: boolean;
  };
}

/**
 * Which requests a rule is about: those with all the fields given here (`""` for absent ones), or those for which the
 * function says so.
 */
export type FakeRequestMatch = Partial<ObjectIdentifier> | ((request: FakeRequest) => boolean);

/** Which requests a rule is about; with neither, all but probes: these are met by naming their operation alone. */
export interface FakeRequestFilter {
  readonly operation?: FakeOperation;
  readonly match?: FakeRequestMatch;
}

/** Requests that fail. */
export interface FailureRule extends FakeRequestFilter {
  /** What they fail with: an error as it is, or a Status, of which the `code` is enough. */
  readonly error: Error | KubernetesStatus;
  /** Whether a watch is accepted first, so that it fails as by an ERROR event within a 200. Default false. */
  readonly accepted?: boolean;
  /** How many of them fail. Default: all, until the rule is undone. */
  readonly times?: number;
}

/** Requests that wait. */
export interface HoldRule extends FakeRequestFilter {
  /**
   * Where they wait: on the way to the server, so that they see what was written meanwhile, or on the way back, so
   * that they don't. A watch held on the way back is open and silent. Default `'request'`.
   */
  readonly at?: 'request' | 'answer';
  /**
   * How long they wait before they fail as by the time-out of an HTTP transport: ERR_TRANSPORT, retryable, reason
   * `timeout`. A watch has no such time-out once it is on its way back. Default: they wait until they are released.
   */
  readonly timeoutMs?: number;
}

/** What a server, or what stands before it, leaves out of its answers about a resource or gets wrong in them. */
export interface SpoilRule {
  /** A resource, by its plural name. Default: all. */
  readonly resource?: string;
  /**
   * The resourceVersion of objects, lists and bookmarks: not there, an empty string, or always the same. From none of
   * these can be told what a watch missed, so watches that resume are told of nothing that was before.
   */
  readonly versions?: 'missing' | 'empty' | 'frozen';
  /** The uid of an object in its DELETED event. */
  readonly deletedUids?: 'missing';
  /** Bookmarks: none arrives; or all but the one that ends the initial events, as if these were not known. */
  readonly bookmarks?: 'missing' | 'no-initial-events-end';
  /** The continue tokens of lists with a limit: always the same one, and with it the first page again. */
  readonly tokens?: 'constant';
}

/** A verb of RBAC. An apply is a `patch`. */
export type DenyVerb = 'list' | 'watch' | 'get' | 'create' | 'update' | 'patch' | 'delete';

/** What nobody may do, as if RBAC had never granted it. */
export interface DenyRule {
  /** Default: all. */
  readonly verbs?: readonly DenyVerb[];
  /** A resource, by its plural name; a part of it as `pods/status`. Default: all. */
  readonly resource?: string;
  /** A resource, by the kind of its objects. Default: all. */
  readonly kind?: string;
  /** Requests in this namespace; a request for all namespaces counts as one in `""`. Default: all. */
  readonly namespace?: string;
  /** Requests for this name. Default: all. */
  readonly name?: string;
}

/** A changeable list whose additions return their undo. */
export class Rules<Rule> {
  readonly #rules = new Set<{ readonly rule: Rule }>();

  add(rule: Rule): () => void {
    // Wrapped, so that the same rule may be added twice and each be undone alone.
    const entry = { rule };
    this.#rules.add(entry);
    return () => void this.#rules.delete(entry);
  }

  find(matches: (rule: Rule) => boolean): Rule | undefined {
    for (const { rule } of this.#rules) if (matches(rule)) return rule;
    return undefined;
  }

  get newest(): Rule | undefined {
    return [...this.#rules].at(-1)?.rule;
  }

  filter(matches: (rule: Rule) => boolean): Rule[] {
    return [...this.#rules].map(({ rule }) => rule).filter(matches);
  }
}

/** Whether a rule is about a request. */
export function concerns({ operation, match }: FakeRequestFilter, request: FakeRequest): boolean {
  if (operation === undefined ? request.operation === 'probe' : operation !== request.operation) {
    return false;
  }
  if (match === undefined) return true;
  if (typeof match === 'function') return match(request);
  const actual: Partial<ObjectIdentifier> = { ...request.id, ...request.query, ...request.gvk };
  return (Object.keys(match) as (keyof ObjectIdentifier)[]).every(
    (field) => match[field] === undefined || match[field] === (actual[field] ?? ''),
  );
}

/** What somebody wants to do, as an authorizer sees it. */
export interface Attempt {
  readonly verb: DenyVerb;
  readonly gvr: ScopedGVR;
  readonly kind: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** Whether a rule refuses it. */
export function denies(rule: DenyRule, attempt: Attempt): boolean {
  const { verb, gvr, kind, subresource, name = '' } = attempt;
  const namespace = gvr.namespaced ? (attempt.namespace ?? '') : '';
  const resource = subresource ? `${gvr.resource}/${subresource}` : gvr.resource;
  return (
    (rule.verbs === undefined || rule.verbs.includes(verb)) &&
    (rule.resource === undefined || rule.resource === resource) &&
    (rule.kind === undefined || rule.kind === kind) &&
    (rule.namespace === undefined || rule.namespace === namespace) &&
    (rule.name === undefined || rule.name === name)
  );
}
