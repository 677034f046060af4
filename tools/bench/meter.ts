/** What a process measures of itself. */
import { GCProfiler, getHeapStatistics } from 'node:v8';

/** Milliseconds of a clock that all processes of the machine share, and that nobody sets. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Starts to measure; the result tells how many milliseconds of CPU all threads have taken since. */
export function startCpu(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}

/** The most memory that the process has had, in MB of 2^20 bytes. */
export function peakRssMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** How long the event loop was held up at most, in milliseconds. */
export interface Stall {
  readonly wallMs: number;
  /** The most CPU that the thread took in one go: what others on the machine take does not count. */
  readonly cpuMs: number;
}

/** Starts to look at the event loop every millisecond. */
export function startStalls(): () => Stall {
  let lastMs = now();
  let last = process.threadCpuUsage();
  let wallMs = 0;
  let cpuMs = 0;
  const look = (): void => {
    const ms = now();
    const { user, system } = process.threadCpuUsage(last);
    wallMs = Math.max(wallMs, ms - lastMs);
    cpuMs = Math.max(cpuMs, (user + system) / 1000);
    lastMs = ms;
    last = process.threadCpuUsage();
  };
  const timer = setInterval(look, 1);
  return () => {
    look();
    clearInterval(timer);
    return { wallMs, cpuMs };
  };
}

/** Starts to measure; the result tells how many bytes of JavaScript's heap have been allocated since. */
export function startAllocations(): () => number {
  const profiler = new GCProfiler();
  profiler.start();
  let used = getHeapStatistics().used_heap_size;
  return () => {
    const atEnd = getHeapStatistics().used_heap_size;
    let allocated = 0;
    // Between two collections the heap only grows.
    for (const { beforeGC, afterGC } of profiler.stop().statistics) {
      allocated += beforeGC.heapStatistics.usedHeapSize - used;
      used = afterGC.heapStatistics.usedHeapSize;
    }
    return allocated + atEnd - used;
  };
}
