import { call } from './access.ts';

/** What a kube-apiserver's process has used, as it tells itself. */
export interface ServerUsage {
  /** CPU, user and system, since it was started, in ms. */
  readonly cpuMs: number;
  /** What is alive on the heap, and stacks, in MB of 2^20 bytes. Garbage is not in it where it was collected before. */
  readonly liveMb: number;
  /** Resident, in MB: garbage, and what the runtime has yet to give back, included. */
  readonly rssMb: number;
  /** How many requests for Leases it has answered, and how many watches of them have ended. */
  readonly leaseRequests: number;
}

/**
 * Reads it from the server's metrics.
 *
 * @param kubeConfig the administrator's
 */
export async function readUsage(kubeConfig: string): Promise<ServerUsage> {
  const metrics = await call(kubeConfig, 'GET', '/metrics');
  const read = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(metrics)?.[1]);
  const mb = 2 ** 20;
  const leaseRequests = metrics
    .split('\n')
    .filter((line) => line.startsWith('apiserver_request_total{'))
    .filter((line) => line.includes('resource="leases"'))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  return {
    cpuMs: read('process_cpu_seconds_total') * 1000,
    liveMb: (read('go_memstats_heap_alloc_bytes') + read('go_memstats_stack_inuse_bytes')) / mb,
    rssMb: read('process_resident_memory_bytes') / mb,
    leaseRequests,
  };
}

/** Has a kube-apiserver collect its garbage: twice, since what a sync.Pool keeps outlives one collection. */
export async function collectGarbage(kubeConfig: string): Promise<void> {
  // What it answers with is a profile.
  for (let time = 0; time < 2; time++) await call(kubeConfig, 'GET', '/debug/pprof/heap?gc=1');
}
