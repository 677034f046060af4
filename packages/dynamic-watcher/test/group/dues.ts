import type { Cause, ObjectIdentifier } from '@depwatch/core';
import { configMapId } from '../harness.ts';
import { dependsOn, type Due, type Member } from './expectations.ts';
import { watcherCount } from './schedules.ts';

export const watcherId = (index: number): ObjectIdentifier => configMapId(`w${index}`);
export const targetId = (index: number): ObjectIdentifier => configMapId(`t${index}`);

/** What a watcher is to be told of because it was enqueued. Of several that are delayed, the first comes for all. */
export function dueToEnqueue(member: Member, of: string, afterMs: number): Due {
  const isIt = ({ type, cluster }: Cause): boolean =>
    type === 'enqueued' && cluster === member.name;
  return {
    member,
    of,
    what: 'an enqueue',
    told: (causes) => afterMs > 0 || causes.some(isIt),
  };
}

/** What those are to be told of who depend on a target that changes. */
export function dueToChange(member: Member, target: number): readonly Due[] {
  const { name } = targetId(target);
  const isIt = ({ watched, cluster }: Cause): boolean =>
    watched?.name === name && cluster === member.name;
  return dependants(member, target).map((of) => ({
    member,
    of,
    what: `a change of ${name}`,
    target: name!,
    told: (causes) => causes.some(isIt),
  }));
}

/** What those are to be told of who depend on a target whose watch is refused: if that lasts, it ends. */
export function dueToEnd(member: Member, target: number): readonly Due[] {
  const { name } = targetId(target);
  const isIt = ({ type, watched, cluster }: Cause): boolean =>
    type === 'ended' && watched?.name === name && cluster === member.name;
  return dependants(member, target).map((of) => ({
    member,
    of,
    what: `the end of ${name}`,
    hasCome: () => {
      const status = member.watcher.statusOf(targetId(target));
      return status?.state === 'ended' && status.watchers.some((by) => by.name === of);
    },
    told: (causes) => causes.some(isIt),
  }));
}

/** Who depends on a target in a member, by an edge whose watch is live. */
function dependants(member: Member, target: number): readonly string[] {
  if (member.watcher.statusOf(targetId(target))?.state !== 'live') return [];
  return Array.from({ length: watcherCount }, (_, index) => watcherId(index).name!).filter((of) =>
    dependsOn(member, of, targetId(target).name),
  );
}
