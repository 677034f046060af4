/** Who makes a request. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  /** What else is known of them, such as the pod that a token was made for. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Who sends no token. */
export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The groups of all whose token is known, and of none else. */
export const authenticated = 'system:authenticated';

/** The namespace and name that stand in a service account's user name; undefined for any other user. */
export function parseServiceAccount(
  userName: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(userName);
  return match ? { namespace: match[1]!, name: match[2]! } : undefined;
}

/** The groups that a service account is in, beside the one of all who are authenticated. */
export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}
