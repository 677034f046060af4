import { type FieldError, invalid } from '../http/status.ts';
import { notSupported, tooLong } from './field-errors.ts';

/** What a write's query says that any write may say. */
export interface WriteQuery {
  readonly dryRun: boolean;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
}

const optionKinds = new Map([
  ['POST', 'CreateOptions'],
  ['PUT', 'UpdateOptions'],
  ['PATCH', 'PatchOptions'],
  ['DELETE', 'DeleteOptions'],
]);
const maxManagerBytes = 128;
const fieldValidations = ['', 'Ignore', 'Strict', 'Warn'];
const propagationPolicies = ['Foreground', 'Background', 'Orphan', 'nil'];

/**
 * Reads the query of a write.
 *
 * @throws StatusError 422 when it says what there isn't
 */
export function checkWriteQuery(method: string, query: URLSearchParams): WriteQuery {
  const dryRun = query.getAll('dryRun');
  const fieldValidation = query.get('fieldValidation') ?? '';
  const errors = checkDryRun(dryRun);
  const manager = query.get('fieldManager') ?? '';
  if (Buffer.byteLength(manager) > maxManagerBytes) {
    errors.push(tooLong('fieldManager', maxManagerBytes));
  }
  if (method !== 'DELETE' && !fieldValidations.includes(fieldValidation)) {
    errors.push(notSupported('fieldValidation', fieldValidation, fieldValidations));
  }
  refuse(optionKinds.get(method) ?? '', errors);
  return {
    dryRun: dryRun.length > 0,
    ...(fieldValidation !== '' && {
      fieldValidation: fieldValidation as NonNullable<WriteQuery['fieldValidation']>,
    }),
  };
}

/**
 * Checks what a delete is told, by its body or its query.
 *
 * @throws StatusError 422 when there is no such thing
 */
export function checkDeleteOptions(options: {
  readonly dryRun: readonly string[];
  readonly propagationPolicy?: string | undefined;
  readonly orphanDependents?: boolean | undefined;
}): void {
  const { dryRun, propagationPolicy, orphanDependents } = options;
  const errors: FieldError[] = [];
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(propagationPolicy)}: orphanDependents and deletionPropagation cannot be both set`,
      field: 'propagationPolicy',
    });
  } else if (propagationPolicy && !propagationPolicies.includes(propagationPolicy)) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, propagationPolicies));
  }
  refuse('DeleteOptions', [...errors, ...checkDryRun(dryRun)]);
}

function checkDryRun(values: readonly string[]): FieldError[] {
  return values.every((value) => value === 'All') ? [] : [notSupported('dryRun', values, ['All'])];
}

function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
}
