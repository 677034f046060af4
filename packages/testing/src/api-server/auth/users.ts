import { createHmac, randomBytes } from 'node:crypto';

import { tokenIssuer, type Tokens, type TokenVerdict } from './tokens.ts';
import {
  anonymous,
  authenticated,
  parseServiceAccount,
  serviceAccountGroups,
  type User,
} from './user.ts';

/** The users of a server, each known by a bearer token: one of its own, or one that was issued to a service account. */
export class Users {
  readonly #tokens: Tokens;
  readonly #secret = randomBytes(32);
  readonly #byToken = new Map<string, User>();

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** The token of a user, who is made up on first sight; the same name always has the same token. */
  tokenOf(name: string, groups: readonly string[] = []): string {
    const token = createHmac('sha256', this.#secret).update(name).digest('base64url');
    if (!this.#byToken.has(token)) {
      const account = parseServiceAccount(name);
      const own = account ? serviceAccountGroups(account.namespace) : [];
      this.#byToken.set(token, { name, groups: [...groups, ...own, authenticated] });
    }
    return token;
  }

  /** The user of a request by its Authorization header; undefined when the token is nobody's. */
  authenticate(authorization: string | undefined): User | undefined {
    const [scheme, token] = (authorization ?? '').trim().split(/ +/);
    // Only a bearer token is looked at; anything else is as good as nothing.
    if (scheme?.toLowerCase() !== 'bearer' || !token) return anonymous;
    const verdict = this.review(token);
    return 'user' in verdict ? verdict.user : undefined;
  }

  /** Says whose token it is, as a TokenReview does, and if it is for one of the audiences. */
  review(token: string, audiences: readonly string[] = [tokenIssuer]): TokenVerdict {
    const user = this.#byToken.get(token);
    // A user's own token is for the API server, and good for whatever audience that is asked about with it.
    if (user && audiences.includes(tokenIssuer)) return { user, audiences: [tokenIssuer] };
    return this.#tokens.review(token, audiences);
  }
}
