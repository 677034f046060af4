import {
  isDepwatchError,
  type KubernetesObject,
  type ObjectClient,
  type ObjectIdentifier,
  type ReadContext,
} from '@depwatch/controller';
import { hashReference, type Content, type Finding } from './content-hash.ts';
import { writersOf, writtenMs } from './managers.ts';
import type { Reference } from './references.ts';

/** What reads are made with. */
export interface ReadWith {
  readonly client: Pick<ObjectClient, 'get'>;
}

/** One object that a workload uses: what was found in it, and in which version. */
export interface Used {
  readonly reference: Reference;
  /** Undefined where there is none, or none may be read. */
  readonly version: string | undefined;
  readonly findings: readonly Finding[];
  /** Who wrote its data last, where that is known. */
  readonly writtenBy?: string;
  /** Why it may not be read. */
  readonly refused?: string;
}

/**
 * Has a workload depend on what it uses, by its metadata alone, and reads what has changed. Of its data nothing is kept but hashes.
 *
 * @param known what was found before
 */
export function readUsed(
  references: readonly Reference[],
  namespace: string,
  known: readonly Used[],
  { get, client }: ReadWith & Pick<ReadContext, 'get'>,
): Promise<readonly Used[]> {
  return Promise.all(
    references.map(async (reference): Promise<Used> => {
      const { kind, name } = reference;
      const id = { version: 'v1', kind, namespace, name };
      const version = (await get({ ...id, metadataOnly: true }))?.metadata?.resourceVersion;
      const before = known.find((one) => isSame(one.reference, reference));
      if (version !== undefined && before?.version === version) return before;
      try {
        return foundIn(await client.get(id), reference);
      } catch (error) {
        if (!isDepwatchError(error, 'ERR_FORBIDDEN')) throw error;
        const findings = hashReference(reference, undefined);
        const hidden = findings.map((finding) => ({ ...finding, isHidden: true }));
        return { reference, version: undefined, findings: hidden, refused: error.message };
      }
    }),
  );
}

function foundIn(object: KubernetesObject | undefined, reference: Reference): Used {
  const findings = hashReference(reference, object as Content | undefined);
  if (!object) return { reference, version: undefined, findings };
  const [writtenBy] = ['f:data', 'f:binaryData'].flatMap((field) => writersOf(object, [field]));
  const changedMs = writtenMs(object, []);
  return {
    reference,
    version: object.metadata?.resourceVersion,
    findings: findings.map((one) => ({ ...one, ...(changedMs && { changedMs }) })),
    ...(writtenBy && { writtenBy }),
  };
}

function isSame(one: Reference, other: Reference): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** An object with its managedFields, which watches leave out; undefined also where it may not be read. */
export async function readWhole(
  id: ObjectIdentifier,
  { client }: ReadWith,
): Promise<KubernetesObject | undefined> {
  try {
    return await client.get(id);
  } catch (error) {
    if (isDepwatchError(error, 'ERR_FORBIDDEN')) return undefined;
    throw error;
  }
}
