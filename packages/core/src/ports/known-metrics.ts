/** What a metric of depwatch is. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** What it tells, for people. */
  readonly help: string;
  /** Of a histogram: the upper bounds of its buckets, in ascending order; one above them all goes without saying. */
  readonly buckets?: readonly number[];
  /** What several functions of a gauge come to that give one series. @default 'sum' */
  readonly aggregator?: 'sum' | 'max';
}

/** client-go's for its work queues: 10 ns, ten times as long each, to 1,000 s. */
const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];

/** controller-runtime's for reconciles. */
const reconcileBuckets = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8],
  ...[0.9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40],
  ...[50, 60],
];

/** Of durations that nobody has given others. */
export const defaultBuckets: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/**
 * What depwatch tells {@link Metrics} of. Names and buckets are those of controller-runtime 0.24 and client-go 0.36 where they have
 * such a metric (`pkg/internal/controller/metrics`, `pkg/internal/metrics/workqueue.go`, `pkg/metrics`), so that what is known
 * of Go controllers fits; depwatch's own begin with `depwatch_`.
 */
export const knownMetrics: Readonly<Record<string, MetricDefinition>> = {
  workqueue_depth: { type: 'gauge', help: 'How many items wait in the work queue.' },
  workqueue_adds_total: { type: 'counter', help: 'Items that were added to the work queue.' },
  workqueue_retries_total: {
    type: 'counter',
    help: 'Items that were added to the work queue again after a failure.',
  },
  workqueue_queue_duration_seconds: {
    type: 'histogram',
    help: 'How long an item waited in the work queue before it was worked on.',
    buckets: queueBuckets,
  },
  workqueue_work_duration_seconds: {
    type: 'histogram',
    help: 'How long the work on an item took.',
    buckets: queueBuckets,
  },
  workqueue_unfinished_work_seconds: {
    type: 'gauge',
    help: 'How long all items that are worked on have been so, in sum; it grows without end when work is stuck.',
  },
  workqueue_longest_running_processor_seconds: {
    type: 'gauge',
    help: 'How long the item has been worked on that has been so for longest.',
    aggregator: 'max',
  },
  controller_runtime_reconcile_total: {
    type: 'counter',
    help: 'Reconciles that have ended, by what they came to: success, error, requeue_after.',
  },
  controller_runtime_reconcile_errors_total: { type: 'counter', help: 'Reconciles that failed.' },
  controller_runtime_reconcile_timeouts_total: {
    type: 'counter',
    help: 'Reconciles that took longer than reconcileTimeoutMs.',
  },
  controller_runtime_reconcile_time_seconds: {
    type: 'histogram',
    help: 'How long reconciles took.',
    buckets: reconcileBuckets,
  },
  controller_runtime_active_workers: {
    type: 'gauge',
    help: 'How many reconciles are under way.',
  },
  controller_runtime_max_concurrent_reconciles: {
    type: 'gauge',
    help: 'How many reconciles may be under way at once.',
  },
  rest_client_requests_total: {
    type: 'counter',
    help: 'Requests to the API server, by method and the status of the answer; <error> where there was none.',
  },
  leader_election_master_status: {
    type: 'gauge',
    help: '1 where this process leads, 0 where it stands by; name is that of the Lease.',
  },
  depwatch_watches: {
    type: 'gauge',
    help: 'Watches and polls by their state, one that serves many counted once; pending: what waits for its kind or a right.',
  },
  depwatch_watched: {
    type: 'gauge',
    help: 'Objects and queries that are depended on, by what serves them.',
  },
  depwatch_watch_retries_total: {
    type: 'counter',
    help: 'Watches that were retried, by the code of the error.',
  },
  depwatch_plan_changes_total: {
    type: 'counter',
    help: 'How often one watch began or ceased to serve many, and why.',
  },
  depwatch_collection_events_total: {
    type: 'counter',
    help: 'Events of watches that serve many, by whether anybody had asked for the object.',
  },
  depwatch_watchers_failing: {
    type: 'gauge',
    help: 'Watchers whose last reconcile failed.',
  },
  depwatch_watchers: {
    type: 'gauge',
    help: 'With replicas: watchers, by whose they are as far as this replica sees.',
  },
  depwatch_watchers_unowned_seconds: {
    type: 'gauge',
    help: 'With replicas: for how long nobody has owned the watcher that has waited longest.',
    aggregator: 'max',
  },
  depwatch_replica_member: {
    type: 'gauge',
    help: '1 where this replica takes part in its group, 0 where it does not.',
  },
  depwatch_replica_losses_total: {
    type: 'counter',
    help: 'How often this replica could not renew its Lease in time and gave up all it owned.',
  },
  depwatch_replicas_members: {
    type: 'gauge',
    help: 'Members of the group, as this replica sees it.',
  },
  depwatch_replicas_hand_overs_total: {
    type: 'counter',
    help: 'Members that came or went, as this replica saw it, by how: joined, left, lapsed.',
  },
  depwatch_replicas_without_owner_seconds: {
    type: 'histogram',
    help: 'For how long what this replica took over had no owner.',
    buckets: defaultBuckets,
  },
};
