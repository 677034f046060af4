import type {
  Clock,
  Logger,
  Metrics,
  MembershipPhase,
  ObjectClient,
  Transport,
} from '@depwatch/core';

import type { ChangeListeners } from './change-listeners.ts';
import type { LeaseTimes } from './options.ts';
import type { Problems } from './problems.ts';

/** One of the replicas that own something. */
export interface Member {
  readonly identity: string;
  /** That it last published. */
  readonly epoch: number;
  /** Since when this replica has seen it as a member, in milliseconds on the clock's scale. */
  readonly since: number;
}

/** A way to share watchers: by shards, or all for the leader. */
export interface Mode {
  readonly phase: MembershipPhase;
  readonly epoch: number;
  owns(key: string): boolean;
  /** Undefined: nobody, as far as is seen. */
  ownerOf(key: string): string | undefined;
  members(): readonly Member[];
  /** Resolves when it takes part; rejects when it never can. */
  start(): Promise<void>;
  /** Hands over; resolves when nothing is claimed any more. */
  stop(): Promise<void>;
}

/** What a way to share watchers works with. */
export interface ModeOptions {
  readonly client: ObjectClient & Transport;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  /** Tells this process from all others. */
  readonly run: string;
  readonly times: LeaseTimes;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly listeners: ChangeListeners;
  readonly problems: Problems;
  /** The error for what a stop cuts short. */
  readonly stopped: () => Error;
}
