import type { DepwatchError } from '@depwatch/core';

/** A request that was let through, and what came of it. */
export interface Pass {
  /** The server answered, if only with a refusal; the slot is free again. Further calls do nothing. */
  answered(): void;
  /** There was no answer; or, after `answered`, the stream broke. */
  failed(error: DepwatchError): void;
}

/** Who asks for a slot. */
export interface Applicant {
  /** The request may be sent; called once, unless the place is given up. */
  go(pass: Pass): void;
  /** It has to wait because there is no answer, from the server or from the resource; may be called more than once. */
  held?(): void;
}
