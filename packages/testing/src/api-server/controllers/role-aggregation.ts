import { rbacGroup } from '../auth/authorizer.ts';
import { type ApiObject, asJsonObject, jsonEquals } from '../http/api-object.ts';
import { selectsLabels } from '../reads/selector-objects.ts';
import type { Registry, Resource } from '../store/registry.ts';
import type { ObjectWriter, WriteObserver } from '../writes/object-writer.ts';
import { Soon } from './soon.ts';

const options = { fieldManager: 'clusterrole-aggregation-controller', force: true };

/** Fills the cluster roles that gather the rules of others, as a controller of a real cluster does. */
export class RoleAggregation implements WriteObserver {
  readonly #roles: Resource;
  readonly #writer: ObjectWriter;
  readonly #soon = new Soon(() => this.#gather());

  constructor(registry: Registry, writer: ObjectWriter) {
    this.#roles = registry.get(rbacGroup, 'clusterroles')!;
    this.#writer = writer;
  }

  wrote({ type }: Resource): void {
    if (type === this.#roles.type) this.#soon.ask();
  }

  stop(): void {
    this.#soon.stop();
  }

  /** What it writes brings the next round, since roles that gather may be gathered, too. */
  #gather(): void {
    const all = this.#roles.table.list().map(({ object }) => object);
    for (const role of all) {
      const rules = aggregatedRules(role, all);
      if (!rules || jsonEquals(rules, role.rules ?? [])) continue;
      const target = { resource: this.#roles, version: 'v1', namespace: '' };
      const { apiVersion, kind, metadata } = role;
      const applied = {
        apiVersion,
        kind,
        metadata: { name: metadata.name },
        ...(rules.length > 0 && { rules }),
      };
      this.#writer.apply(target, metadata.name, '', applied, options);
    }
  }
}

/** The rules that a role gathers, each once; undefined if it gathers none. `all` are in the order of their names. */
export function aggregatedRules(
  role: ApiObject,
  all: readonly ApiObject[],
): readonly unknown[] | undefined {
  const { clusterRoleSelectors } = asJsonObject(role.aggregationRule);
  if (role.aggregationRule === undefined || role.aggregationRule === null) return undefined;
  const gathered: unknown[] = [];
  for (const selector of Array.isArray(clusterRoleSelectors) ? clusterRoleSelectors : []) {
    for (const other of all) {
      if (other.metadata.name === role.metadata.name) continue;
      if (!selectsLabels(selector, other.metadata.labels)) continue;
      for (const rule of Array.isArray(other.rules) ? other.rules : []) {
        if (!gathered.some((known) => jsonEquals(known, rule))) gathered.push(rule);
      }
    }
  }
  return gathered;
}
