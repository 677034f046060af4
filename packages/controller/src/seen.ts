import type { ObjectIdentifier } from '@depwatch/core';

/** An object that was reconciled and isn't known to be gone. */
export interface Seen {
  readonly id: ObjectIdentifier;
  readonly uid: string | undefined;
  /** What is done before it goes has been done. */
  isFinalized: boolean;
}
