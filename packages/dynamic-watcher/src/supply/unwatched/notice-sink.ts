import { keepVersion, ObjectStore, type DepwatchError, type ObjectChange } from '@depwatch/core';
import type { Sink } from '../sources/source.ts';

/** Hears the changes of what tells of kinds; keeps of it no more than its versions. */
export class NoticeSink implements Sink {
  readonly store = new ObjectStore(keepVersion, false);
  readonly waits = false;
  readonly changed: (changes: readonly ObjectChange[]) => void;
  readonly ended: (error: DepwatchError) => void;

  constructor(
    changed: (changes: readonly ObjectChange[]) => void,
    ended: (error: DepwatchError) => void,
  ) {
    this.changed = changed;
    this.ended = ended;
  }

  begun(): void {}
  live(): void {}
  retrying(): void {}
  advanced(): void {}
  gone(): void {}
}
