import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

import { asJsonObject, type ApiObject, asText, type JsonObject } from '../http/api-object.ts';
import { timestamp } from '../writes/server-fields.ts';
import { authenticated, serviceAccountGroups, type User } from './user.ts';

/** Who issues tokens, and whom they are for unless the request says otherwise. */
export const tokenIssuer = 'https://kubernetes.default.svc';

/** What a token is asked for. */
export interface TokenSpec {
  /** Default: the API server alone. */
  readonly audiences?: readonly string[];
  /** Default 3,600. */
  readonly expirationSeconds?: number;
  /** The object in the service account's namespace (or the node) without which the token is void. */
  readonly boundObjectRef?: BoundObject;
}

/** What a token can be bound to. */
export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node';
  readonly name: string;
  readonly uid: string;
}

/** A token, and when it is over. */
export interface IssuedToken {
  readonly token: string;
  /** RFC 3339, in seconds. */
  readonly expirationTimestamp: string;
}

/** Whose token it is, and for which of the wanted audiences; or why it is nobody's, in the real server's words. */
export type TokenVerdict =
  | { readonly user: User; readonly audiences: readonly string[] }
  | { readonly error: string };

/** Reads the objects that tokens stand and fall with. Resources are `serviceaccounts`, `pods`, `secrets`, `nodes`. */
export type TokenObjects = (
  resource: string,
  namespace: string,
  name: string,
) => ApiObject | undefined;

/** How long a token outlives what it belongs to, which may be deleted while it ends. */
const leewayMs = 60_000;

/**
 * The tokens of service accounts: JSON web tokens with the claims of the real server's, signed with a key of this
 * server's own, so that nobody but itself can say whose they are.
 */
export class Tokens {
  readonly #objects: TokenObjects;
  readonly #now: () => Date;
  readonly #key = randomBytes(32);

  constructor(objects: TokenObjects, now: () => Date) {
    this.#objects = objects;
    this.#now = now;
  }

  /** Makes a token for a service account as it is stored. */
  issue({ metadata }: ApiObject, spec: TokenSpec = {}): IssuedToken {
    const { audiences = [tokenIssuer], expirationSeconds = 3600, boundObjectRef } = spec;
    const { namespace = '', name, uid } = metadata;
    const seconds = Math.floor(this.#now().getTime() / 1000);
    const claims = {
      aud: audiences,
      exp: seconds + expirationSeconds,
      iat: seconds,
      iss: tokenIssuer,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace,
        ...this.#boundClaims(namespace, boundObjectRef),
        serviceaccount: { name, uid },
      },
      nbf: seconds,
      sub: `system:serviceaccount:${namespace}:${name}`,
    };
    const signed = `${encode({ alg: 'HS256' })}.${encode(claims)}`;
    return {
      token: `${signed}.${this.#sign(signed).toString('base64url')}`,
      expirationTimestamp: timestamp(new Date(claims.exp * 1000)),
    };
  }

  /** Says whose token it is, if it is for one of the audiences. */
  review(token: string, audiences: readonly string[] = [tokenIssuer]): TokenVerdict {
    const claims = claimsOf(token);
    if (claims?.iss !== tokenIssuer) return { error: 'invalid bearer token' };
    const verdict = this.#isSigned(token)
      ? this.#judge(claims, audiences)
      : { error: 'go-jose/go-jose: error in cryptographic primitive' };
    return 'error' in verdict ? { error: `[invalid bearer token, ${verdict.error}]` } : verdict;
  }

  #judge(claims: JsonObject, audiences: readonly string[]): TokenVerdict {
    const { namespace, serviceaccount, pod, secret, node } = asJsonObject(claims['kubernetes.io']);
    const own = (Array.isArray(claims.aud) ? claims.aud : []).map(asText);
    const common = audiences.filter((audience) => own.includes(audience));
    if (common.length === 0) {
      return {
        error: `token audiences ${quoted(own)} is invalid for the target audiences ${quoted(audiences)}`,
      };
    }
    if (this.#now().getTime() > Number(claims.exp) * 1000 + leewayMs) {
      return { error: 'service account token has expired' };
    }
    const home = asText(namespace);
    const { name, uid } = asJsonObject(serviceaccount);
    const account = this.#objects('serviceaccounts', home, asText(name));
    if (!account) return { error: `serviceaccounts ${JSON.stringify(name)} not found` };
    const actual = account.metadata.uid;
    if (actual !== uid) {
      return { error: `service account UID (${actual}) does not match claim (${asText(uid)})` };
    }
    if (this.#isGone(account)) {
      return { error: `service account ${home}/${asText(name)} has been deleted` };
    }
    const lost =
      this.#lost('pod', home, pod) ??
      this.#lost('secret', home, secret) ??
      (pod === undefined ? this.#lost('node', '', node) : undefined);
    if (lost) return { error: lost };
    return {
      audiences: common,
      user: {
        name: asText(claims.sub),
        uid: asText(uid),
        groups: [...serviceAccountGroups(home), authenticated],
        extra: {
          'authentication.kubernetes.io/credential-id': [`JTI=${asText(claims.jti)}`],
          ...extraOf('node', node),
          ...extraOf('pod', pod),
        },
      },
    };
  }

  #boundClaims(namespace: string, bound: BoundObject | undefined): JsonObject {
    if (!bound) return {};
    const { kind, name, uid } = bound;
    const claims: JsonObject = { [kind.toLowerCase()]: { name, uid } };
    if (kind !== 'Pod') return claims;
    // A pod's token names its node, too, as far as it has one.
    const { nodeName } = asJsonObject(this.#objects('pods', namespace, name)?.spec);
    const node = nodeName ? this.#objects('nodes', '', asText(nodeName)) : undefined;
    return {
      ...(nodeName ? { node: { name: nodeName, ...(node && { uid: node.metadata.uid }) } } : {}),
      ...claims,
    };
  }

  #isSigned(token: string): boolean {
    const dot = token.lastIndexOf('.');
    const expected = this.#sign(token.slice(0, dot));
    const actual = Buffer.from(token.slice(dot + 1), 'base64url');
    return actual.length === expected.length && timingSafeEqual(actual, expected);
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }

  /** Why the object that a token is bound to voids it; undefined while it is there, or there is none. */
  #lost(kind: 'pod' | 'secret' | 'node', namespace: string, claim: unknown): string | undefined {
    if (claim === undefined) return undefined;
    const { name, uid } = asJsonObject(claim);
    const object = this.#objects(`${kind}s`, namespace, asText(name));
    if (!object || this.#isGone(object)) return 'service account token has been invalidated';
    const actual = object.metadata.uid;
    if (actual === uid) return undefined;
    return `${kind} UID (${actual}) does not match service account ${kind} ref claim (${asText(uid)})`;
  }

  #isGone({ metadata }: ApiObject): boolean {
    const deletion = metadata.deletionTimestamp;
    return deletion !== undefined && Date.parse(deletion) < this.#now().getTime() - leewayMs;
  }
}

/** What a token says of itself, whether true or not; undefined when it is no JSON web token. */
function claimsOf(token: string): JsonObject | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    return asJsonObject(JSON.parse(Buffer.from(parts[1]!, 'base64url').toString()));
  } catch {
    return undefined;
  }
}

function extraOf(what: 'pod' | 'node', claim: unknown): Record<string, readonly string[]> {
  const { name, uid } = asJsonObject(claim);
  const key = `authentication.kubernetes.io/${what}`;
  return {
    ...(name ? { [`${key}-name`]: [asText(name)] } : {}),
    ...(uid ? { [`${key}-uid`]: [asText(uid)] } : {}),
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function quoted(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}
