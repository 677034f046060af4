import assert from 'node:assert/strict';
import type { WatchStatus } from '../../src/index.ts';
import type { Schedule } from './commands.ts';
import type { Server } from './server.ts';

/**
 * Whether what serves each feed is what the plan asks for, once nothing has happened for a while. Between the bounds of sharing
 * and those of parting either is right; but all of a namespace, or of a kind, are served alike.
 */
export class PlanChecks {
  readonly #server: Server;
  readonly #schedule: Pick<Schedule, 'plan' | 'bounds'>;

  constructor(server: Server, schedule: Pick<Schedule, 'plan' | 'bounds'>) {
    this.#server = server;
    this.#schedule = schedule;
  }

  check(statuses: readonly WatchStatus[]): void {
    const served = statuses.filter(({ state }) => state !== 'ended');
    for (const ofKind of Map.groupBy(served, ({ watched }) => watched.kind).values()) {
      if (this.#isNamespaced(ofKind)) this.#namespaced(ofKind);
      else this.#branch(ofKind, 'kind', this.#schedule.bounds.shareAt, ofKind.length);
    }
  }

  /** That a kind has come to live in namespaces while it was asked for shows in its objects alone. */
  #isNamespaced(ofKind: readonly WatchStatus[]): boolean {
    const { kind } = ofKind[0]!.watched;
    if (!this.#server.isNamespaced(kind)) return false;
    const isSeen = this.#server.sizeOf({ version: '', kind }) > 0 || !this.#server.mayMove(kind);
    return isSeen || ofKind.every(({ servedBy }) => servedBy !== 'kind');
  }

  #namespaced(ofKind: readonly WatchStatus[]): void {
    const { shareAt, shareOverNamespacesAt } = this.#schedule.bounds;
    const byNamespace = Map.groupBy(ofKind, ({ watched }) => watched.namespace ?? '');
    const namespaces = [...byNamespace].filter(([name]) => name !== '');
    const replaced = namespaces.map(([, feeds]) =>
      feeds[0]!.servedBy === 'namespace' ? 1 : feeds.length,
    );
    const spanning = byNamespace.get('')?.length ?? 0;
    const watches = replaced.reduce((sum, one) => sum + one, spanning);
    this.#branch(ofKind, 'kind', shareOverNamespacesAt, byNamespace.size > 1 ? watches : 0);
    if (ofKind[0]!.servedBy === 'kind') return;
    const isShared = this.#schedule.plan === 'shared';
    for (const [, feeds] of namespaces)
      this.#branch(feeds, 'namespace', isShared ? 1 : shareAt, feeds.length);
  }

  /** @param watches how many watches one would stand for, and `from` how many on it pays */
  #branch(
    feeds: readonly WatchStatus[],
    level: 'namespace' | 'kind',
    from: number,
    watches: number,
  ): void {
    const { plan, bounds } = this.#schedule;
    const { kind, namespace } = feeds[0]!.watched;
    const size = this.#server.sizeOf({
      version: '',
      kind,
      ...(level === 'namespace' && { namespace }),
    });
    const most = bounds.maxSizeFactor * feeds.length;
    const servedBy = feeds.map((feed) => feed.servedBy);
    const seen = JSON.stringify({ kind, namespace, level, servedBy, watches, size, plan, bounds });
    const isShared = servedBy.includes(level);
    if (isShared)
      assert.ok(
        servedBy.every((one) => one === level),
        `7: not all are served alike: ${seen}`,
      );
    const isWorthwhile = watches >= from && (plan === 'shared' || size <= most);
    if (plan !== 'per-object' && isWorthwhile)
      assert.ok(isShared, `7: they share no watch: ${seen}`);
    const isContrary = plan === 'auto' && (feeds.length < from / 2 || size > 2 * most);
    if (plan === 'per-object' || isContrary) assert.ok(!isShared, `7: they share a watch: ${seen}`);
  }
}
