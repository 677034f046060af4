import { objectIdentifierKey, type ObjectIdentifier } from '@depwatch/core';
import type { SpanContext } from '@opentelemetry/api';

/** What a later span may be linked to. */
export type Relation = 'attempt' | 'enqueue' | 'write';

/** So many are remembered, whoever they are of: a link is a help, and must not grow with what is watched. */
const most = 10_000;

/** The last spans that had to do with objects. */
export class RecentSpans {
  readonly #spans = new Map<string, SpanContext>();

  note(relation: Relation, id: ObjectIdentifier, context: SpanContext): void {
    const key = keyOf(relation, id);
    this.#spans.delete(key);
    this.#spans.set(key, context);
    if (this.#spans.size <= most) return;
    for (const oldest of this.#spans.keys()) {
      this.#spans.delete(oldest);
      break;
    }
  }

  find(relation: Relation, id: ObjectIdentifier): SpanContext | undefined {
    return this.#spans.get(keyOf(relation, id));
  }

  /** As {@link find}, for what only one span is to be linked to. */
  take(relation: Relation, id: ObjectIdentifier): SpanContext | undefined {
    const key = keyOf(relation, id);
    const found = this.#spans.get(key);
    this.#spans.delete(key);
    return found;
  }
}

function keyOf(relation: Relation, id: ObjectIdentifier): string {
  return `${relation} ${objectIdentifierKey(id)}`;
}
