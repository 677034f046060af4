import {
  isDepwatchError,
  type KubernetesObject,
  type ObjectClient,
  type ObjectIdentifier,
} from '@depwatch/controller';
import { hashReference, hiddenFindings, type Content, type Finding } from './content-hash.ts';
import { writtenMs } from './managers.ts';
import type { Reference } from './references.ts';

/** What reads are made with. */
export interface ReadWith {
  readonly client: Pick<ObjectClient, 'get'>;
  readonly signal: AbortSignal;
}

/** One object that a workload uses, with its managedFields but without its data, and what was found in it. */
export interface Used {
  readonly reference: Reference;
  readonly object: KubernetesObject | undefined;
  readonly findings: readonly Finding[];
  /** Why it may not be read. */
  readonly refused?: string;
}

/** Reads what a workload uses; of its data nothing is kept but hashes. */
export function readUsed(
  references: readonly Reference[],
  namespace: string,
  { client, signal }: ReadWith,
): Promise<readonly Used[]> {
  return Promise.all(
    references.map(async (reference): Promise<Used> => {
      const { kind, name } = reference;
      try {
        const object = await client.get({ version: 'v1', kind, namespace, name }, { signal });
        const changedMs = object && writtenMs(object, []);
        const findings = hashReference(reference, object as Content | undefined);
        return {
          reference,
          object: object && { metadata: object.metadata! },
          findings: findings.map((one) => ({ ...one, ...(changedMs && { changedMs }) })),
        };
      } catch (error) {
        if (!isDepwatchError(error, 'ERR_FORBIDDEN')) throw error;
        const findings = hiddenFindings(reference);
        return { reference, object: undefined, findings, refused: error.message };
      }
    }),
  );
}

/** An object with its managedFields, which watches leave out; undefined also where it may not be read. */
export async function readWhole(
  id: ObjectIdentifier,
  { client, signal }: ReadWith,
): Promise<KubernetesObject | undefined> {
  try {
    return await client.get(id, { signal });
  } catch (error) {
    if (isDepwatchError(error, 'ERR_FORBIDDEN')) return undefined;
    throw error;
  }
}
