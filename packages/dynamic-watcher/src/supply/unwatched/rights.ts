import type {
  Clock,
  GroupVersionKind,
  KubernetesObject,
  ObjectClient,
  ObjectIdentifier,
  ScopedGVR,
} from '@depwatch/core';

/** So long a review does for whoever asks about the same namespace. */
const freshMs = 4000;

/** What a SelfSubjectRulesReview answers: the rules that hold for who asks, in one namespace. */
export interface RulesReview extends KubernetesObject {
  readonly status?: {
    readonly resourceRules?: readonly ResourceRule[];
    /** Whether there may be rights beyond these: not every authorizer can list what it grants. */
    readonly incomplete?: boolean;
  };
}

interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  /** None: all. */
  readonly resourceNames?: readonly string[];
}

/** What {@link Rights} ask with. */
export interface RightsOptions {
  readonly clock: Clock;
  /** Creates reviews; a transport without it leaves it unknown what is granted. */
  readonly client: Partial<Pick<ObjectClient, 'create'>>;
  /** The resource of a kind, as far as it is known. */
  resourceOf(gvk: GroupVersionKind): ScopedGVR | undefined;
}

/** What the server says that may be read: one question answers for all that is depended on in a namespace. */
export class Rights {
  readonly #options: RightsOptions;
  /** The last review of each namespace that is being asked about. */
  readonly #reviews = new Map<string, { at: number; review: Promise<RulesReview | undefined> }>();

  constructor(options: RightsOptions) {
    this.#options = options;
  }

  /** Whether something may be listed or watched; undefined where that can't be known but by trying. Never rejects. */
  async granted(watched: ObjectIdentifier, signal: AbortSignal): Promise<boolean | undefined> {
    const gvr = this.#options.resourceOf(watched);
    if (!gvr || !this.#options.client.create) return undefined;
    // Rules for the whole cluster are told of any namespace.
    const review = await this.#review(watched.namespace || 'default', signal);
    if (!review?.status) return undefined;
    if (isGranted(review, gvr, watched.name)) return true;
    return review.status.incomplete ? undefined : false;
  }

  #review(namespace: string, signal: AbortSignal): Promise<RulesReview | undefined> {
    const at = this.#options.clock.now();
    for (const [key, { at: begun }] of this.#reviews) {
      if (at - begun > freshMs) this.#reviews.delete(key);
    }
    const known = this.#reviews.get(namespace);
    if (known) return known.review;
    const review = this.#ask(namespace, signal);
    this.#reviews.set(namespace, { at, review });
    return review;
  }

  async #ask(namespace: string, signal: AbortSignal): Promise<RulesReview | undefined> {
    const apiVersion = 'authorization.k8s.io/v1';
    const question = { apiVersion, kind: 'SelfSubjectRulesReview', spec: { namespace } };
    try {
      return await this.#options.client.create!<RulesReview>(question, { signal });
    } catch {
      // Whatever is the matter: what is granted is found out by trying.
      return undefined;
    }
  }
}

/** Whether rules let somebody list or watch: one object where a name is given, else all of a resource. */
export function isGranted(
  { status }: RulesReview,
  { group, resource }: ScopedGVR,
  name: string | undefined,
): boolean {
  return (status?.resourceRules ?? []).some(
    ({ verbs, apiGroups = [], resources = [], resourceNames = [] }) =>
      includes(apiGroups, group) &&
      includes(resources, resource) &&
      (includes(verbs, 'watch') || verbs.includes('list')) &&
      (resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name))),
  );
}

function includes(all: readonly string[], one: string): boolean {
  return all.includes(one) || all.includes('*');
}
