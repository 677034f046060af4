import {
  membersOf,
  type Holding,
  type MembershipContext,
  type MembershipState,
} from '@depwatch/core';

import { GroupMetrics } from '../group-metrics.ts';
import type { ModeOptions } from '../mode.ts';

/** Tells logs and metrics what becomes of a replica and of its group, one line a change. */
export class GroupNews {
  readonly #options: Pick<ModeOptions, 'logger' | 'name' | 'identity' | 'times'>;
  readonly #metrics: GroupMetrics;
  /** Since when each process has been a member, as far as this one saw. */
  readonly #memberSince = new Map<string, number>();
  /** Since when each process has been seen to leave, by run. */
  readonly #leavingSince = new Map<string, number>();
  /** Since when nobody owns what this replica is about to; undefined while it has all that it wins. */
  #waitingSince: number | undefined;

  constructor(options: ModeOptions) {
    this.#options = options;
    this.#metrics = new GroupMetrics(options);
  }

  /** @returns in milliseconds on the clock's scale; undefined for who isn't a member */
  memberSince(run: string): number | undefined {
    return this.#memberSince.get(run);
  }

  changed(
    before: MembershipState,
    after: MembershipState,
    context: MembershipContext,
    holding: Holding,
  ): void {
    if (before.seen !== after.seen) this.#seen(after, context.now);
    if (before.phase !== after.phase) this.#phase(before, after, context.now);
    if (before.view !== after.view) this.#view(before, after, context);
    const hasAll = holding.views.length === 1 && holding.claims.length === 0;
    if (this.#waitingSince === undefined || !hasAll) return;
    this.#metrics.takenOver(context.now - this.#waitingSince);
    this.#waitingSince = undefined;
  }

  #seen({ seen }: MembershipState, now: number): void {
    for (const [run, { record }] of seen) {
      const isLeaving = record?.phase === 'leaving' || record?.phase === 'left';
      if (isLeaving && !this.#leavingSince.has(run)) this.#leavingSince.set(run, now);
    }
    for (const run of this.#leavingSince.keys()) if (!seen.has(run)) this.#leavingSince.delete(run);
  }

  #phase(before: MembershipState, { phase, epoch, seen }: MembershipState, now: number): void {
    const { logger, name, identity, times } = this.#options;
    const fields = { group: name, identity, phase, before: before.phase, epoch };
    this.#metrics.takesPart(phase === 'member');
    this.#waitingSince = phase === 'member' && seen.size > 0 ? now : undefined;
    if (phase !== 'lost') {
      logger.info(fields, 'the state of this replica has changed');
      return;
    }
    this.#metrics.lost();
    const isLate =
      before.echoed !== undefined && now >= before.echoed.sentAt + times.renewDeadlineMs;
    logger.warn(
      fields,
      isLate
        ? `the Lease was not renewed within ${times.renewDeadlineMs} ms: nothing is owned, and it joins again by itself. ` +
            'Where that repeats, see whether the API server answers and nothing holds up the event loop, or choose longer times'
        : 'the Lease was taken or deleted: nothing is owned, and it joins again by itself. ' +
            'Where that repeats, another process has the same identity',
    );
  }

  #view(before: MembershipState, after: MembershipState, context: MembershipContext): void {
    const { logger, name } = this.#options;
    const runs = membersOf(after, context).map(({ run }) => run);
    for (const run of runs)
      if (!this.#memberSince.has(run)) this.#memberSince.set(run, context.now);
    for (const run of this.#memberSince.keys())
      if (!runs.includes(run)) this.#memberSince.delete(run);
    this.#metrics.members(after.view.length);
    if (after.view.length === 0) return;
    logger.info(
      { group: name, members: after.view, epoch: after.epoch },
      'the members of the group',
    );
    // To who was no member before, all others are new.
    if (before.view.length === 0) return;
    for (const member of after.view)
      if (!before.view.includes(member)) this.#metrics.handedOver('joined');
    for (const member of before.view)
      if (!after.view.includes(member)) this.#gone(member, after, context);
  }

  /** A member has left, or is taken for dead. */
  #gone(member: string, { seen }: MembershipState, { now }: MembershipContext): void {
    const leases = [...seen].filter(([, { record }]) => record?.identity === member);
    const [run, lease] = leases.sort(([, x], [, y]) => y.changedAt - x.changedAt)[0] ?? [];
    const leftAt = run === undefined ? undefined : this.#leavingSince.get(run);
    this.#metrics.handedOver(leftAt === undefined ? 'lapsed' : 'left');
    this.#waitingSince = Math.min(this.#waitingSince ?? now, leftAt ?? lease?.changedAt ?? now);
  }
}
