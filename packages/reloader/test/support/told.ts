import type { Logger } from '@depwatch/controller';
import type { DecisionFields } from '../../src/index.ts';
import type { WorkloadName } from '../../src/workload.ts';

/** What a reloader said: a line of its log, by what it is about. */
export type Told =
  | ({ readonly type: 'decision' } & DecisionFields)
  /** Of a workload, what somebody should do something about. */
  | { readonly type: 'problem'; readonly workload: WorkloadName; readonly message: string }
  /** Of the API server, or of a reconcile. */
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'synced'; readonly workloads: number; readonly takingPart: number };

export type ToldDecision = Extract<Told, { type: 'decision' }>;

/** A logger that sorts what it is told. */
export function sortingLogger(told: (what: Told) => void): Logger {
  const at = (level: keyof Logger) => (fields: object, line: string) => {
    const { err, error = err } = fields as { error?: Error; err?: Error };
    const message = error ? `${line}: ${error.message}` : line;
    if ('outcome' in fields) return told({ type: 'decision', ...(fields as DecisionFields) });
    if (level === 'debug') return undefined;
    if ('takingPart' in fields)
      return told({ type: 'synced', ...(fields as { workloads: number; takingPart: number }) });
    if ('workload' in fields) {
      const workload = fields.workload as WorkloadName;
      const prefix = `${workload.kind.toLowerCase()} ${workload.namespace}/${workload.name}: `;
      return told({ type: 'problem', workload, message: message.replace(prefix, '') });
    }
    return told({ type: level === 'info' ? 'notice' : 'failed', message });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
