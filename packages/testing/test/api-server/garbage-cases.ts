import { RawClient, type WatchLine } from './raw-client.ts';

/** What is done to owners and dependents; what becomes of them must be the same on any cluster. */
export interface GarbageCase {
  readonly name: string;
  readonly steps: readonly GarbageStep[];
  /** What is left in the end, in the order of names. */
  readonly left: readonly string[];
  /** Whether a real cluster's workers race in it, so that only the end is always the same. */
  readonly races?: boolean;
}

type GarbageStep =
  | {
      readonly create: string;
      readonly owners?: readonly (string | Owner)[];
      readonly finalizers?: readonly string[];
      /** Default: the case's namespace; its name is appended to the case's. */
      readonly elsewhere?: boolean;
    }
  | {
      readonly delete: string;
      readonly propagationPolicy?: string;
      readonly orphanDependents?: boolean;
    }
  | { readonly change: string; readonly metadata: object };

interface Owner {
  /** Whose uid it is; that of nobody if there is none. */
  readonly of: string;
  readonly name?: string;
  readonly blocks?: boolean;
  readonly kind?: string;
  readonly apiVersion?: string;
}

const blocking = (of: string): Owner => ({ of, blocks: true });

export const garbageCases: readonly GarbageCase[] = [
  {
    name: 'what has lost its only owner goes, and what that owned',
    steps: [
      { create: 'a' },
      { create: 'b', owners: ['a'] },
      { create: 'c', owners: ['b'] },
      { delete: 'a' },
    ],
    left: [],
  },
  {
    name: 'what has another owner stays, without the lost one',
    steps: [{ create: 'a' }, { create: 'b' }, { create: 'c', owners: ['a', 'b'] }, { delete: 'a' }],
    left: ['b', 'c'],
  },
  {
    name: 'an owner that was never there',
    steps: [{ create: 'a', owners: ['nobody'] }],
    left: [],
  },
  {
    name: 'an owner of that name that is another',
    steps: [{ create: 'a' }, { create: 'b', owners: [{ of: 'nobody', name: 'a' }] }],
    left: ['a'],
  },
  {
    name: 'an owner of that uid whose name is another',
    steps: [{ create: 'a' }, { create: 'b', owners: [{ of: 'a', name: 'x' }] }],
    left: ['a'],
  },
  {
    name: 'an owner in another namespace',
    steps: [
      { create: 'far', elsewhere: true },
      { create: 'b', owners: ['far'] },
    ],
    left: ['far'],
  },
  {
    name: 'an owner of a kind that there is not',
    steps: [
      { create: 'a', owners: [{ of: 'nobody', kind: 'Widget', apiVersion: 'none.example/v1' }] },
    ],
    left: ['a'],
  },
  {
    name: 'a lost owner beside one of a kind that there is not',
    steps: [
      {
        create: 'a',
        owners: ['nobody', { of: 'x', kind: 'Widget', apiVersion: 'none.example/v1' }],
      },
    ],
    left: ['a'],
  },
  {
    name: 'in the foreground: the owner goes last',
    steps: [
      { create: 'a' },
      { create: 'b', owners: [blocking('a')] },
      { create: 'c', owners: [blocking('b')] },
      { delete: 'a', propagationPolicy: 'Foreground' },
    ],
    left: [],
  },
  {
    name: 'in the foreground: what blocks and is kept keeps the owner',
    steps: [
      { create: 'a' },
      { create: 'b', owners: [blocking('a')], finalizers: ['example.com/keep'] },
      { delete: 'a', propagationPolicy: 'Foreground' },
    ],
    left: ['a', 'b'],
  },
  {
    name: 'in the foreground: what blocks is let go, and the owner with it',
    steps: [
      { create: 'a' },
      { create: 'b', owners: [blocking('a')], finalizers: ['example.com/keep'] },
      { delete: 'a', propagationPolicy: 'Foreground' },
      { change: 'b', metadata: { finalizers: [] } },
    ],
    left: [],
  },
  {
    name: 'in the foreground: what blocks no more keeps the owner no more',
    steps: [
      { create: 'a' },
      { create: 'b', owners: [blocking('a')], finalizers: ['example.com/keep'] },
      { delete: 'a', propagationPolicy: 'Foreground' },
      { change: 'b', metadata: { ownerReferences: [] } },
    ],
    left: ['b'],
  },
  {
    name: 'in the foreground: what does not block is not waited for',
    steps: [
      { create: 'a' },
      { create: 'b', owners: ['a'], finalizers: ['example.com/keep'] },
      { delete: 'a', propagationPolicy: 'Foreground' },
    ],
    left: ['b'],
  },
  {
    name: 'in the foreground: what has another owner is let go of',
    steps: [
      { create: 'a' },
      { create: 'b' },
      { create: 'c', owners: [blocking('a'), blocking('b')] },
      { delete: 'a', propagationPolicy: 'Foreground' },
    ],
    left: ['b', 'c'],
  },
  {
    name: 'in the foreground: without dependents',
    steps: [{ create: 'a' }, { delete: 'a', propagationPolicy: 'Foreground' }],
    left: [],
  },
  {
    name: 'in the foreground, then in the background after all',
    steps: [
      { create: 'a' },
      { create: 'b', owners: [blocking('a')], finalizers: ['example.com/keep'] },
      { delete: 'a', propagationPolicy: 'Foreground' },
      { delete: 'a', propagationPolicy: 'Background' },
    ],
    left: ['b'],
  },
  {
    name: 'orphans stay, without the owner',
    steps: [
      { create: 'a' },
      { create: 'b', owners: [blocking('a')] },
      { create: 'c', owners: ['b'] },
      { delete: 'a', propagationPolicy: 'Orphan' },
    ],
    left: ['b', 'c'],
  },
  {
    name: 'orphans, asked for in the old way',
    steps: [
      { create: 'a' },
      { create: 'b', owners: ['a'] },
      { delete: 'a', orphanDependents: true },
    ],
    left: ['b'],
  },
  {
    name: 'an owner with a finalizer of its own takes its dependents along when it goes',
    steps: [
      { create: 'a', finalizers: ['example.com/keep'] },
      { create: 'b', owners: ['a'] },
      { delete: 'a' },
    ],
    left: ['a', 'b'],
  },
  {
    name: 'a circle, in the background',
    steps: [
      { create: 'a' },
      { create: 'b', owners: [blocking('a')] },
      { change: 'a', metadata: { ownerReferences: [blocking('b')] } },
      { delete: 'a', propagationPolicy: 'Background' },
    ],
    left: [],
  },
  {
    name: 'a circle, in the foreground',
    steps: [
      { create: 'a' },
      { create: 'b', owners: [blocking('a')] },
      { create: 'c', owners: [blocking('b')] },
      { change: 'a', metadata: { ownerReferences: [blocking('c')] } },
      { delete: 'a', propagationPolicy: 'Foreground' },
    ],
    left: [],
    races: true,
  },
];

const nobodysUid = '00000000-0000-4000-8000-000000000000';

/** What happened to each object of a case, in order, once nothing more does. */
export interface GarbageStory {
  readonly left: readonly string[];
  readonly events: Readonly<Record<string, readonly string[]>>;
}

/** Does what a case says, and waits each time until the garbage collector has done what follows. */
export async function runGarbageCase(
  kubeConfig: string,
  { steps, left }: GarbageCase,
  namespace: string,
): Promise<GarbageStory> {
  await using client = new RawClient(kubeConfig);
  const uids = new Map<string, string>();
  const homes = new Map<string, string>();
  for (const name of [namespace, `${namespace}-elsewhere`]) {
    await client.post('/api/v1/namespaces', { metadata: { name } });
  }
  const path = (name: string) =>
    `/api/v1/namespaces/${homes.get(name) ?? namespace}/configmaps/${name}`;
  const reference = (owner: string | Owner) => {
    const {
      of,
      name = of,
      blocks,
      kind = 'ConfigMap',
      apiVersion = 'v1',
    } = typeof owner === 'string' ? { of: owner } : owner;
    const uid = uids.get(of) ?? nobodysUid;
    return { apiVersion, kind, name, uid, ...(blocks && { blockOwnerDeletion: true }) };
  };
  const watch = await client.watch('/api/v1/configmaps?watch=1&resourceVersion=0');
  const isOwn = (name: string, home: string) => uids.has(name) && homes.get(name) === home;
  const living = (lines: readonly WatchLine[]): string[] => {
    const names = new Set<string>();
    for (const { type, object } of lines) {
      const { name, namespace: home } = object.metadata;
      if (!isOwn(name, home)) continue;
      if (type === 'DELETED') names.delete(name);
      else names.add(name);
    }
    return [...names].toSorted();
  };
  let canaries = 0;
  // One without an owner, thrice, since what follows from a deletion may take some rounds.
  const settle = async () => {
    for (let round = 0; round < 3; round += 1) {
      const name = `canary-${(canaries += 1)}`;
      const ownerReferences = [
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: crypto.randomUUID() },
      ];
      await client.post(`/api/v1/namespaces/${namespace}/configmaps`, {
        metadata: { name, ownerReferences },
      });
      const isGone = () =>
        watch.lines.some(
          ({ type, object: { metadata } }) =>
            type === 'DELETED' && metadata.name === name && metadata.namespace === namespace,
        );
      while (!isGone()) await watch.until(watch.lines.length + 1);
    }
  };
  for (const step of steps) {
    if ('create' in step) {
      const { create: name, owners = [], finalizers = [], elsewhere } = step;
      homes.set(name, elsewhere ? `${namespace}-elsewhere` : namespace);
      const metadata = { name, finalizers, ownerReferences: owners.map(reference) };
      const { body } = await client.post(path(name).replace(/\/[^/]+$/, ''), { metadata });
      uids.set(name, body.metadata.uid);
    } else if ('delete' in step) {
      const { delete: name, ...options } = step;
      await client.delete(path(name), options);
    } else {
      const { ownerReferences, ...metadata } = step.metadata as { ownerReferences?: Owner[] };
      const patch = {
        ...metadata,
        ...(ownerReferences && { ownerReferences: ownerReferences.map(reference) }),
      };
      await client.patch(path(step.change), { metadata: patch });
    }
    if (!('create' in step) || step === steps.at(-1)) await settle();
  }
  // In the order of their names; some of what follows takes more rounds than those.
  while (living(watch.lines).join() !== left.join()) await watch.until(watch.lines.length + 1);
  await settle();
  watch.close();
  const events: Record<string, string[]> = {};
  const nameOf = (uid: string) => [...uids].find(([, known]) => known === uid)?.[0] ?? 'nobody';
  for (const { type, object } of watch.lines) {
    const {
      name,
      namespace: home,
      deletionTimestamp,
      finalizers = [],
      ownerReferences = [],
    } = object.metadata;
    if (!isOwn(name, home)) continue;
    const owners = ownerReferences.map(
      ({ uid, blockOwnerDeletion }: { uid: string; blockOwnerDeletion?: boolean }) =>
        `${nameOf(uid)}${blockOwnerDeletion ? '!' : ''}`,
    );
    (events[name] ??= []).push(
      [type, deletionTimestamp ? 'going' : '', finalizers.join(), `<${owners.join()}>`].join(' '),
    );
  }
  return { left: living(watch.lines), events };
}
