import {
  formatGroupVersion,
  invalidInput,
  isRecord,
  validateQuery,
  type GroupVersionKind,
  type ObjectIdentifier,
} from '@depwatch/core';

/** @throws DepwatchError ERR_INVALID_INPUT unless it names one object of the kind */
export function checkOwnId(id: ObjectIdentifier, kind: GroupVersionKind): void {
  const isOwn =
    isRecord(id) &&
    Boolean(id.name) &&
    id.kind === kind.kind &&
    id.version === kind.version &&
    (id.group ?? '') === (kind.group ?? '');
  if (!isOwn)
    throw invalidInput(`id: expected the name of a ${kind.kind} of ${formatGroupVersion(kind)}`);
  validateQuery(id);
}
