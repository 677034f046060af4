import { badRequest } from '../http/status.ts';
import { checkName } from '../validation/names.ts';
import { accessRefused, type Authorizer } from './authorizer.ts';
import type { Attributes } from './rbac.ts';
import {
  anonymous,
  authenticated,
  parseServiceAccount,
  serviceAccountGroups,
  type User,
} from './user.ts';

/** Headers as they came: names and values in turn, so that what is sent twice is there twice. */
export type RawHeaders = readonly string[];

const prefix = 'impersonate-extra-';
const mastersGroup = 'system:masters';

/**
 * As whom a request wants to be made, by its headers; undefined when as nobody else.
 *
 * @throws StatusError 400 when there is more than a name and no name
 */
export function wantedUser(headers: RawHeaders): User | undefined {
  let name = '';
  let uid = '';
  let any = false;
  const groups: string[] = [];
  const extra: Record<string, string[]> = {};
  for (let index = 0; index < headers.length; index += 2) {
    const header = headers[index]!.toLowerCase();
    const value = headers[index + 1]!;
    if (header === 'impersonate-user') name ||= value;
    else if (header === 'impersonate-uid') uid ||= value;
    else if (header === 'impersonate-group') groups.push(value);
    else if (header.startsWith(prefix)) {
      any = true;
      (extra[unescape(header.slice(prefix.length))] ??= []).push(value);
    }
  }
  if (name === '') {
    if (uid === '' && groups.length === 0 && !any) return undefined;
    throw badRequest(
      `requested &user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:[]string${goList(groups)}, Extra:map[string][]string${any ? goMap(extra) : '(nil)'}} without impersonating a user name`,
    );
  }
  return { name, groups, ...(uid && { uid }), ...(any && { extra }) };
}

/** How a service account acts as the node that its pod runs on; whichever that is. */
const associatedNode = 'associated-node';

/** A way to be allowed to act as somebody: which users it is for, and what it asks for beside the rights to their name. */
interface Mode {
  readonly verb: string;
  /** Undefined where the request itself needs no leave of its own, as it was before Kubernetes 1.35. */
  readonly on?: string;
  covers(wanted: User, requester: User): boolean;
}

// In this order, since the refusal of the first that covers a user is the one that is told.
const modes: readonly Mode[] = [
  mode(
    associatedNode,
    (wanted, { name, extra = {} }) =>
      isNameAlone(wanted) &&
      parseServiceAccount(name) !== undefined &&
      nodeName(wanted) !== undefined &&
      extra['authentication.kubernetes.io/node-name']?.join() === nodeName(wanted),
  ),
  mode('arbitrary-node', (wanted) => isNameAlone(wanted) && nodeName(wanted) !== undefined),
  mode(
    'serviceaccount',
    (wanted) => isNameAlone(wanted) && parseServiceAccount(wanted.name) !== undefined,
  ),
  mode(
    'user-info',
    (wanted) => nodeName(wanted) === undefined && parseServiceAccount(wanted.name) === undefined,
  ),
  { verb: 'impersonate', covers: () => true },
];

function mode(name: string, covers: Mode['covers']): Mode {
  return { verb: `impersonate:${name}`, on: `impersonate-on:${name}`, covers };
}

/** Lets those act as others who may. */
export class Impersonation {
  readonly #authorizer: Pick<Authorizer, 'require'>;
  /** By requester: what let them last, which is tried first, and tells of its refusal first. */
  readonly #last = new Map<string, Mode>();

  constructor(authorizer: Pick<Authorizer, 'require'>) {
    this.#authorizer = authorizer;
  }

  /**
   * The user that a request is made as, once it is sure that who makes it may.
   *
   * @param request what the request itself asks for
   * @throws StatusError 403
   */
  as(wanted: User, requester: User, request: Attributes): User {
    const last = this.#last.get(requester.name);
    const inOrder = last ? [last, ...modes.filter((candidate) => candidate !== last)] : modes;
    let refusal: unknown;
    for (const candidate of inOrder.filter(({ covers }) => covers(wanted, requester))) {
      try {
        this.#check(candidate, wanted, requester, request);
      } catch (error) {
        refusal ??= error;
        continue;
      }
      this.#last.set(requester.name, candidate);
      return completed(candidate, wanted);
    }
    throw refusal;
  }

  #check(candidate: Mode, wanted: User, requester: User, request: Attributes): void {
    const { on } = candidate;
    if (on) this.#authorizer.require(requester, { ...request, verb: `${on}:${request.verb}` });
    for (const needed of attributesOf(candidate, wanted)) {
      if (on && needed.resource === 'groups' && needed.name === mastersGroup) {
        const why = `impersonating the ${mastersGroup} group is not allowed`;
        throw accessRefused(requester, needed, why);
      }
      this.#authorizer.require(requester, needed);
    }
  }
}

/** All that who acts as a user must be allowed: their name, uid, groups and each of their extra values. */
function* attributesOf({ verb, on }: Mode, { name, uid, groups, extra }: User) {
  const authentication = 'authentication.k8s.io';
  const needed = (group: string, resource: string, wantedName: string): Attributes => ({
    verb,
    group,
    resource,
    subresource: '',
    namespace: '',
    name: wantedName,
  });
  const base = on ? authentication : '';
  const account = parseServiceAccount(name);
  const node = on && nodeName({ name });
  if (account)
    yield { ...needed(base, 'serviceaccounts', account.name), namespace: account.namespace };
  else if (node) {
    yield needed(base, 'nodes', on === `impersonate-on:${associatedNode}` ? '*' : node);
  } else yield needed(base, 'users', name);
  if (uid) yield needed(authentication, 'uids', uid);
  for (const group of groups) yield needed(base, 'groups', group);
  for (const [key, values] of Object.entries(extra ?? {})) {
    for (const value of values) {
      yield { ...needed(authentication, 'userextras', value), subresource: key };
    }
  }
}

/** With the groups that follow from the name, where none are said. */
function completed({ on }: Mode, wanted: User): User {
  const account = parseServiceAccount(wanted.name);
  const implied =
    wanted.groups.length > 0
      ? []
      : account
        ? serviceAccountGroups(account.namespace)
        : on && nodeName(wanted)
          ? ['system:nodes']
          : [];
  const groups = new Set([...wanted.groups, ...implied]);
  const [unauthenticated] = anonymous.groups;
  if (wanted.name === anonymous.name) groups.add(unauthenticated!);
  else if (!groups.has(unauthenticated!)) groups.add(authenticated);
  return { ...wanted, groups: [...groups] };
}

function isNameAlone({ uid, groups, extra }: User): boolean {
  return !uid && groups.length === 0 && extra === undefined;
}

function nodeName({ name }: Pick<User, 'name'>): string | undefined {
  const node = name.startsWith('system:node:') ? name.slice('system:node:'.length) : '';
  return node && checkName(node, 'dnsSubdomain').length === 0 ? node : undefined;
}

function unescape(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

// The real server prints a struct of Go's.
function goList(values: readonly string[]): string {
  return values.length > 0
    ? `{${values.map((value) => JSON.stringify(value)).join(', ')}}`
    : '(nil)';
}

function goMap(extra: Readonly<Record<string, readonly string[]>>): string {
  const entries = Object.keys(extra)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:[]string${goList(extra[key]!)}`);
  return `{${entries.join(', ')}}`;
}
