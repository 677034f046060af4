import {
  createController,
  formatLabelSelector,
  objectIdentifierFrom,
  parseApiVersion,
  setCondition,
  systemClock,
  type Clock,
  type ClusterOptions,
  type Condition,
  type Controller,
  type ControllerContext,
  type KubernetesObject,
  type LabelSelectorObject,
} from '@depwatch/controller';

/** What objects of some kind have to hold; the kind need not be installed yet. */
export interface Policy extends KubernetesObject {
  spec: {
    target: { apiVersion: string; kind: string; selector?: LabelSelectorObject };
    /** A part of the object. A text may be `{{ config NAME KEY }}`: a value of a ConfigMap beside the policy. */
    mustHold: { [field: string]: unknown };
    /** Whether what doesn't hold it is made to. */
    enforce?: boolean;
  };
  status?: { violations?: readonly string[]; conditions?: readonly Condition[] };
}

export const policyKind = { group: 'example.com', version: 'v1', kind: 'Policy' };
type ConfigMap = { data?: { [key: string]: string } };

/** Makes the controller of policies; `cluster` says where, as `createController` takes it. */
export function createPolicyController(
  cluster: ClusterOptions,
  clock: Clock = systemClock,
): Controller {
  return createController<Policy>({
    ...cluster,
    clock,
    kind: policyKind,
    async reconcile(policy, context) {
      const { target, enforce = false } = policy.spec;
      const { namespace } = policy.metadata!;
      const wanted = await resolve(policy.spec.mustHold, namespace!, context);
      const objects = await context.list({
        ...parseApiVersion(target.apiVersion),
        kind: target.kind,
        namespace: namespace!,
        ...(target.selector && { selector: formatLabelSelector(target.selector) }),
      });
      const violating = objects.filter((object) => !holds(object, wanted));
      // What it changes comes back as a change of what it has listed.
      if (enforce) {
        for (const object of violating) {
          await context.client.patch(objectIdentifierFrom(object), wanted as object);
        }
      }
      await context.patchStatus({
        violations: violating.map(({ metadata }) => metadata!.name!),
        conditions: setCondition(
          policy.status?.conditions,
          { type: 'Compliant', ...verdict(violating.length, context) },
          clock,
        ),
      });
    },
  });
}

function verdict(violations: number, { unavailable }: ControllerContext<Policy>) {
  // None that can be seen doesn't mean none that there are.
  const [missing] = unavailable;
  if (missing) {
    const message = `${missing.watched.kind}: ${missing.lastError?.code ?? 'not available'}`;
    return { status: 'Unknown', reason: 'NotAvailable', message } as const;
  }
  return violations === 0
    ? ({ status: 'True', reason: 'AllHold', message: 'all objects hold it' } as const)
    : ({
        status: 'False',
        reason: 'Violated',
        message: `${violations} objects do not hold it`,
      } as const);
}

/** Fills in the templates of a value; whoever is asked for is watched from then on. */
async function resolve(
  value: unknown,
  namespace: string,
  context: ControllerContext<Policy>,
): Promise<unknown> {
  if (typeof value === 'string') {
    const [, name, key] = /^\{\{ config (\S+) (\S+) \}\}$/.exec(value) ?? [];
    if (!name || !key) return value;
    const config = await context.get<ConfigMap>({
      version: 'v1',
      kind: 'ConfigMap',
      namespace,
      name,
    });
    const found = config?.data?.[key];
    if (found === undefined) throw new Error(`the ConfigMap ${name} has no ${key}`);
    return found;
  }
  if (Array.isArray(value))
    return Promise.all(value.map((one) => resolve(one, namespace, context)));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(
    async ([field, one]) => [field, await resolve(one, namespace, context)] as const,
  );
  return Object.fromEntries(await Promise.all(fields));
}

/** Whether all that is wanted is there. */
function holds(there: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return there === wanted;
  if (typeof there !== 'object' || there === null) return false;
  return Object.entries(wanted).every(([field, one]) => holds((there as never)[field], one));
}
