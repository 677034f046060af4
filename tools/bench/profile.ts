import { writeFile } from 'node:fs/promises';
import { type Profiler, Session } from 'node:inspector/promises';

/** Microseconds between two samples. */
const samplingInterval = 200;

/** Starts to record the CPU profile of this process; the result stops, and writes it where it is given a file. */
export async function recordProfile(): Promise<(file?: string) => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: samplingInterval });
  await session.post('Profiler.start');
  return async (file) => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    if (file !== undefined) await writeFile(file, JSON.stringify(profile));
  };
}

/** A function, and how much of the time that was not idle it took itself. */
export interface SelfTime {
  readonly place: string;
  readonly ms: number;
  /** 0 to 1. */
  readonly share: number;
}

/** The functions in which a profile spent most time, callees not counted. */
export function topSelfTimes(profile: Profiler.Profile, count: number): SelfTime[] {
  const places = new Map<number, string>();
  for (const { id, callFrame } of profile.nodes) {
    const { functionName, url, lineNumber } = callFrame;
    const file = url
      .replace(/^.*\/(node_modules|packages)\//, '')
      .replace(/^\.pnpm\/[^/]*\/node_modules\//, '');
    const where = url === '' ? '' : ` ${file.replace(/^.*\/node_modules\//, '')}:${lineNumber + 1}`;
    places.set(id, `${functionName || '(anonymous)'}${where}`);
  }
  const times = new Map<string, number>();
  let total = 0;
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const place = places.get(id)!;
    if (place === '(idle)') continue;
    // The time until the next sample is this one's.
    const us = profile.timeDeltas?.[index + 1] ?? 0;
    total += us;
    times.set(place, (times.get(place) ?? 0) + us);
  }
  return [...times]
    .map(([place, us]) => ({ place, ms: us / 1000, share: us / total }))
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, count);
}
