import type { ErrorText, WatchedRow } from '../src/protocol.ts';

// Maps: what others' errors are called may be what an object inherits.

const byCode: ReadonlyMap<string | undefined, string> = new Map(
  Object.entries({
    ERR_NO_VERSIONED_RESOURCE:
      'Install the CustomResourceDefinition of this kind. It is noticed within 30 s; nothing has to be restarted.',
    ERR_RESOURCE_UNWATCHABLE: 'Nothing: this kind can’t be watched, so it is read at intervals.',
    ERR_FORBIDDEN:
      'Grant the verb that the message names (of what is watched: list and watch) to the account that it names.',
    ERR_UNAUTHORIZED: 'Look at the credentials: the kubeconfig, or the pod’s service account.',
    ERR_EXPIRED: 'Nothing: the version was too old, and everything is listed anew.',
    ERR_INVALID_INPUT: 'Mend the call, or the user’s object, that it came from.',
    ERR_REJECTED: 'Say it in the object’s status: the server will refuse it again.',
    ERR_CONFLICT:
      'Nothing, if it passes: somebody else wrote first. If it lasts, the message says who has the field or the object: leave it to them, or choose another name.',
    ERR_ABORTED:
      'Nothing, if it happens once. If it lasts, reconciles take longer than reconcileTimeoutMs.',
  }),
);

const byReason: ReadonlyMap<string | undefined, string> = new Map(
  Object.entries({
    unreachable: 'Nothing in depwatch: look at the network and the API server. It heals by itself.',
    timeout:
      'If it lasts: only this resource may hang. Look at its aggregated API server or conversion webhook.',
    certificate:
      'Look at the certificate authority in the kubeconfig, and at the server’s address in it.',
    credentials: 'Look at the plugin or the file that gives the credentials.',
    protocol: 'Something breaks the protocol on the way: look at proxies.',
    'not-kubernetes':
      'A login page or a proxy answers in the API server’s place: look at the address.',
  }),
);

/** What to do about a reconcile that has run for long. */
export const whenStuck =
  'See what the reconciler waits for. With reconcileTimeoutMs its signal is aborted, if it heeds that. Until it ends, this watcher is not reconciled again.';

/** What to do where this replica owns nothing, by its state. */
export const whenApart: ReadonlyMap<string, string> = new Map(
  Object.entries({
    joining:
      'Nothing, within the length of a lease: until then it owns nothing, and reconciles nothing. If it lasts, see whether it may read and write the Leases; its log says.',
    lost: 'It could not renew its Lease, and reconciles nothing. It joins again by itself; if it repeats, look at the API server, and at its log.',
  }),
);

/** What to do about an error, in a sentence. */
export function adviceFor({ code, reason }: ErrorText): string {
  const said = byReason.get(reason) ?? byCode.get(code);
  if (said) return said;
  if (code === 'ERR_TRANSPORT') return 'Nothing for minutes: it is tried again by itself.';
  return 'Mend what the message says: the reconciler threw it. It is tried again, later and later.';
}

/** Whether something about a watch wants to be looked at. */
export function isTrouble({ state }: WatchedRow): boolean {
  return state === 'retrying' || state === 'pending' || state === 'ended';
}
