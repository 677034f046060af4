import { hasEnded, holdingOf, ownershipTest } from '../../src/membership/holding.ts';
import { initialMembershipState, membershipStep } from '../../src/membership/step.ts';
import type {
  MembershipContext,
  MembershipEffect,
  MembershipInput,
  MembershipState,
  ReplicaLease,
  ReplicaRecord,
} from '../../src/membership/types.ts';

type Write = Extract<MembershipEffect, { type: 'write' }>;

/** One replica under test, by hand: what it is told, and what it wants to do. */
export class ByHand {
  now = 1_000_000;
  state: MembershipState = initialMembershipState;
  effects: readonly MembershipEffect[] = [];
  version = 100;

  readonly identity: string;

  constructor(identity = 'a') {
    this.identity = identity;
  }

  get context(): MembershipContext {
    return {
      now: this.now,
      random: 0.5,
      identity: this.identity,
      run: `run-${this.identity}`,
      leaseName: `group-${this.identity}`,
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2000,
      slackMs: 1000,
    };
  }

  feed(input: MembershipInput): void {
    [this.state, this.effects] = membershipStep(this.state, input, this.context);
    const changed = this.effects.find((effect) => effect.type === 'changed');
    if (changed && this.drainsAtOnce) {
      const { effects } = this;
      this.feed({ type: 'drained', number: changed.drain });
      this.effects = [...effects, ...this.effects];
    }
  }

  /** Whether nothing runs that would have to stop first. */
  drainsAtOnce = true;

  after(ms: number): void {
    this.now += ms;
    this.feed({ type: 'elapsed' });
  }

  get write(): Write | undefined {
    return this.effects.find((effect): effect is Write => effect.type === 'write');
  }

  list(...leases: readonly ReplicaLease[]): void {
    this.feed({ type: 'listed', leases, resourceVersion: String(++this.version) });
  }

  /** Its last write takes effect, and is seen. */
  echo(write = this.write): void {
    if (!write) throw new Error('there is no write');
    const resourceVersion = String(++this.version);
    this.feed({ type: 'written', write: write.record.write, resourceVersion });
    const lease = { name: this.context.leaseName, resourceVersion, record: write.record };
    this.feed({ type: 'changed', lease });
  }

  /** Another replica's Lease changes. */
  see(record: ReplicaRecord): void {
    this.feed({ type: 'changed', lease: this.lease(record) });
  }

  lease(record: ReplicaRecord): ReplicaLease {
    const name = `group-${record.identity}`;
    return { name, resourceVersion: String(++this.version), record };
  }

  /** Comes to be a member, beside those whose Leases these are. */
  join(...leases: readonly ReplicaLease[]): void {
    this.feed({ type: 'start' });
    this.list(...leases);
    this.echo();
    this.echo();
  }

  owns(key: string): boolean {
    const holding = holdingOf(this.state, this.context);
    return !hasEnded(holding, this.now) && ownershipTest(holding)(key);
  }

  owned(): string[] {
    return keys.filter((key) => this.owns(key));
  }
}

export const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);

/** What another says of itself. */
export function record(
  identity: string,
  members: readonly string[],
  more: Partial<ReplicaRecord> = {},
): ReplicaRecord {
  return {
    identity,
    run: `run-${identity}`,
    write: 1,
    phase: 'member',
    epoch: 1,
    members,
    leaseDurationMs: 15_000,
    lapsed: [],
    ...more,
  };
}
