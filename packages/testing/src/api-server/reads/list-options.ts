import { isTrue } from '../http/request-info.ts';
import { badRequest, type FieldError, internalFailure, invalid } from '../http/status.ts';

/** The query of a list or a watch, checked. */
export interface ListOptions {
  readonly watch: boolean;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  /** Undefined when unset. */
  readonly resourceVersion: number | undefined;
  readonly resourceVersionMatch: '' | 'Exact' | 'NotOlderThan';
  readonly sendInitialEvents: boolean | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
  /** 0: no limit. */
  readonly limit: number;
  readonly continueToken: string;
}

const options = { group: 'meta.k8s.io', kind: 'ListOptions' };

/**
 * Reads and checks the query of a list or a watch as `ValidateListOptions` of apimachinery does.
 *
 * @throws StatusError 400 for what doesn't parse, 422 for what doesn't fit together
 */
export function parseListOptions(query: URLSearchParams, watch: boolean): ListOptions {
  const text = (name: string): string => query.get(name) ?? '';
  const versionText = text('resourceVersion');
  const timeoutSeconds = parseInteger(query, 'timeoutSeconds');
  const limit = parseInteger(query, 'limit') ?? 0;
  let match = text('resourceVersionMatch');
  let sendInitialEvents = query.has('sendInitialEvents')
    ? isTrue(query.get('sendInitialEvents'))
    : undefined;
  if (
    watch &&
    sendInitialEvents === undefined &&
    match === '' &&
    (versionText === '' || versionText === '0')
  ) {
    // Since WatchList a watch of the old kind, which starts with the current state, is a streaming list.
    sendInitialEvents = true;
    match = 'NotOlderThan';
  }
  const errors = (watch ? checkWatch : checkList)(
    match,
    versionText,
    text('continue'),
    sendInitialEvents,
  );
  if (errors.length > 0) throw invalid(options, '', errors);
  return {
    watch,
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    resourceVersion: parseVersion(versionText, watch),
    resourceVersionMatch: match as ListOptions['resourceVersionMatch'],
    sendInitialEvents,
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    timeoutSeconds: timeoutSeconds !== undefined && timeoutSeconds > 0 ? timeoutSeconds : undefined,
    limit: Math.max(limit, 0),
    continueToken: text('continue'),
  };
}

function checkList(
  match: string,
  version: string,
  token: string,
  sendInitialEvents: boolean | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== '') {
    if (version === '') {
      errors.push(
        matchForbidden('resourceVersionMatch is forbidden unless resourceVersion is provided'),
      );
    }
    if (token !== '') errors.push(matchWithContinue());
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(matchNotSupported(match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && version === '0') {
      errors.push(
        matchForbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
      );
    }
  }
  if (sendInitialEvents !== undefined) {
    errors.push(fieldForbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return errors;
}

function checkWatch(
  match: string,
  _version: string,
  token: string,
  sendInitialEvents: boolean | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(
      matchForbidden('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
    );
  }
  if (match !== '') {
    if (sendInitialEvents === undefined) {
      errors.push(
        matchForbidden(
          'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
        ),
      );
    }
    if (match !== 'NotOlderThan') errors.push(matchNotSupported(match, ['NotOlderThan']));
    if (token !== '') errors.push(matchWithContinue());
  }
  return errors;
}

function fieldForbidden(field: string, why: string): FieldError {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field };
}

function matchForbidden(why: string): FieldError {
  return fieldForbidden('resourceVersionMatch', why);
}

function matchWithContinue(): FieldError {
  return matchForbidden('resourceVersionMatch is forbidden when continue is provided');
}

function matchNotSupported(value: string, supported: readonly string[]): FieldError {
  const values = supported.map((text) => JSON.stringify(text)).join(', ');
  return {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`,
    field: 'resourceVersionMatch',
  };
}

function parseInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

/**
 * A resourceVersion: digits, or unset.
 *
 * @throws StatusError 400 for a list and 500 otherwise, as the real server does
 */
export function parseVersion(text: string, ofWatch: boolean): number | undefined {
  if (text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const why = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw ofWatch ? internalFailure(why) : badRequest(`invalid resource version: ${why}`);
}
