import { type BoundObject, type IssuedToken, tokenIssuer, type TokenSpec } from '../auth/tokens.ts';
import { type ApiObject, asJsonObject, asText, type JsonObject } from '../http/api-object.ts';
import { badRequest, failedPrecondition, invalid, notFound } from '../http/status.ts';
import { encodeTyped } from '../kinds/typed-encoding.ts';
import { invalidValue } from '../validation/field-errors.ts';

const shortestSeconds = 600;
const longestSeconds = 2 ** 32;
const bindable = ['Pod', 'Secret', 'Node'] as const;

/** Makes a token for a service account. */
export type IssueToken = (account: ApiObject, spec: TokenSpec) => IssuedToken;

/** Finds the object that a token is bound to; resources are `pods`, `secrets`, `nodes`. */
export type FindBound = (resource: string, name: string) => ApiObject | undefined;

/**
 * Answers a TokenRequest, as the real server does.
 *
 * @throws StatusError 400, 404, 409 or 422
 */
export function answerTokenRequest(
  account: ApiObject,
  request: JsonObject,
  find: FindBound,
  issue: IssueToken,
  now: string,
): ApiObject {
  const { name, namespace, uid } = account.metadata;
  const own = asText(asJsonObject(request.metadata).name);
  if (own !== '' && own !== name) {
    const why = 'must match the service account name if specified';
    throw refusal(name, 'metadata.name', own, why);
  }
  const spec = asJsonObject(request.spec);
  const expirationSeconds = Number(spec.expirationSeconds ?? 3600);
  if (expirationSeconds < shortestSeconds) {
    const why = 'may not specify a duration less than 10 minutes';
    throw refusal('', 'spec.expirationSeconds', expirationSeconds, why);
  }
  if (expirationSeconds > longestSeconds) {
    const why = 'may not specify a duration larger than 2^32 seconds';
    throw refusal('', 'spec.expirationSeconds', expirationSeconds, why);
  }
  const given = Array.isArray(spec.audiences) ? spec.audiences.map(asText) : [];
  const audiences = given.length > 0 ? given : [tokenIssuer];
  const boundObjectRef = spec.boundObjectRef
    ? boundObject(account, asJsonObject(spec.boundObjectRef), find)
    : undefined;
  const issued = issue(account, {
    audiences,
    expirationSeconds,
    ...(boundObjectRef && { boundObjectRef }),
  });
  return encodeTyped('authentication.TokenRequest', {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, uid, creationTimestamp: now },
    spec: { audiences, expirationSeconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token: issued.token, expirationTimestamp: issued.expirationTimestamp },
  }) as ApiObject;
}

function boundObject(account: ApiObject, reference: JsonObject, find: FindBound): BoundObject {
  const { apiVersion, kind, name, uid } = reference;
  const known = bindable.find((one) => one === kind);
  if (!known || apiVersion !== 'v1') {
    const [group = '', version = ''] = asText(apiVersion).includes('/')
      ? asText(apiVersion).split('/')
      : ['', asText(apiVersion)];
    throw badRequest(
      `cannot bind token to object of type ${group}/${version}, Kind=${asText(kind)}`,
    );
  }
  const resource = `${known.toLowerCase()}s`;
  const object = find(resource, asText(name));
  if (!object) throw notFound({ group: '', resource }, asText(name));
  const accountName = account.metadata.name;
  if (known === 'Pod' && asJsonObject(object.spec).serviceAccountName !== accountName) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(accountName)} to pod running with different serviceaccount name.`,
    );
  }
  const actual = object.metadata.uid;
  if (uid && uid !== actual) {
    const why = `the UID in the bound object reference (${asText(uid)}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw failedPrecondition({ group: '', kind: known }, asText(name), why);
  }
  return { kind: known, name: asText(name), uid: actual };
}

function refusal(name: string, field: string, value: unknown, why: string): Error {
  const of = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
  return invalid(of, name, [invalidValue(field, value, why)]);
}
