import {
  formatGroupVersion,
  isDepwatchError,
  objectIdentifierFrom,
  type Cause,
  type KubernetesObject,
  type ObjectIdentifier,
} from '@depwatch/core';
import { SpanStatusCode, type Attributes, type Span } from '@opentelemetry/api';

/** An object, or what identifies one. */
export type Subject = ObjectIdentifier | KubernetesObject;

/** What identifies an object; undefined for what is neither. */
export function idOf(subject: unknown): ObjectIdentifier | undefined {
  if (typeof subject !== 'object' || subject === null) return undefined;
  if ('kind' in subject && 'version' in subject) return subject as ObjectIdentifier;
  if (!('kind' in subject && 'apiVersion' in subject)) return undefined;
  try {
    return objectIdentifierFrom(subject as KubernetesObject);
  } catch {
    // One that the server is to name has none yet.
    return undefined;
  }
}

/** What spans say, with the names of objects only where they may. */
export class Wording {
  readonly #objectNames: boolean;

  constructor(objectNames: boolean) {
    this.#objectNames = objectNames;
  }

  /** What is done to an object, or queried. */
  of(id: ObjectIdentifier | undefined): Attributes {
    if (!id) return {};
    return {
      'depwatch.kind': id.kind,
      'depwatch.api_version': formatGroupVersion(id),
      ...(this.#objectNames && {
        ...(id.namespace && { 'k8s.namespace.name': id.namespace }),
        ...(id.name && { 'depwatch.name': id.name }),
        ...(id.selector !== undefined && { 'depwatch.selector': id.selector }),
      }),
    };
  }

  /** Why a reconcile runs: each cause once. */
  causes(causes: readonly Cause[]): string[] {
    return [...new Set(causes.map((cause) => this.#cause(cause)))];
  }

  /** Says that a span has failed. Messages may name objects, as the errors of an API server do. */
  failed(span: Span, error: unknown): void {
    span.setAttribute('error.type', typeOf(error));
    if (!this.#objectNames) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      return;
    }
    const message = messageOf(error);
    try {
      span.recordException(error instanceof Error ? error : message);
    } catch {
      span.recordException(message);
    }
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  #cause({ type, watched, object, cluster }: Cause): string {
    const { namespace, name } = object ?? watched ?? {};
    return [
      type,
      watched?.kind,
      this.#objectNames && name && (namespace ? `${namespace}/${name}` : name),
      cluster && `in ${cluster}`,
    ]
      .filter(Boolean)
      .join(' ');
  }
}

/** The name of a class is shorter. */
const longestType = 100;

/** A DepwatchError's code, else the class. Whatever was thrown, its span has to end. */
function typeOf(error: unknown): string {
  if (isDepwatchError(error)) return error.code;
  try {
    return error instanceof Error ? String(error.name).slice(0, longestType) : typeof error;
  } catch {
    return typeof error;
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return `a value of type ${typeof error}, which can't be read`;
  }
}
