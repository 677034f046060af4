import {
  DepwatchError,
  type KubernetesObject,
  type ObjectIdentifier,
  type Transport,
} from '@depwatch/core';
import { createFakeTransport, type FakeTransport, type VirtualClock } from '@depwatch/testing';
import { objectCount, type Command, type Schedule } from './commands.ts';
import { crowdIds, digest, strangerIds, targetIds } from './targets.ts';

type Fault = Extract<Command, { type: 'fault' }>['fault'];

const goneKind = { group: 'apps', version: 'v1', kind: 'Deployment' };

const notFound = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: 'NotFound',
  code: 404,
};

/** The server that is watched: its objects, what became of them, and what is wrong with it. */
export class Server {
  readonly fake: FakeTransport;
  readonly transport: Transport;
  /** The kinds whose requests hang. */
  readonly sick = new Set<string>();
  /** A watch may have ended for good, which no call asked for. */
  forbade = false;
  /** How often the state of each object changed, and how often it went away. */
  readonly changes: number[] = Array.from({ length: objectCount }, () => 0);
  readonly absences: number[] = Array.from({ length: objectCount }, () => 0);
  readonly #undo = new Set<() => void>();
  readonly #cures = new Set<() => void>();
  /** Versions that it could go back to, the oldest first. */
  readonly #backups: string[] = [];
  #isDown = false;
  #isInstalled = true;
  /** Whether the kind that may go lives in namespaces, as it does at first. */
  #isNamespaced = true;
  #hasMoved = false;
  /** Whether discovery denies the kinds of v1, and how often it will deny those of groups. */
  #deniesCore = false;
  #denials = 0;
  #hasDenied = false;

  readonly #clock: VirtualClock;
  #busy: Disposable | undefined;

  constructor(clock: VirtualClock, { isCrowded }: Pick<Schedule, 'isCrowded'>) {
    this.#clock = clock;
    const fake = createFakeTransport({ clock });
    this.fake = fake;
    // Nothing tells of kinds here: what the server wrongly denied would be told of by nothing anyway.
    fake.unregisterKind({
      group: 'apiextensions.k8s.io',
      version: 'v1',
      kind: 'CustomResourceDefinition',
    });
    this.transport = {
      ...fake,
      discover: async (gvk, options) => {
        const answer = await fake.discover(gvk, options);
        return this.#denies(gvk.group) ? undefined : answer;
      },
    };
    if (isCrowded) for (const id of crowdIds) fake.put(objectOf(id, 'c', 0));
  }

  put(object: number, group: string, value: number): void {
    if (!this.#isInstalled && targetIds[object]!.group) return;
    this.#change(() => this.fake.put(objectOf(this.#placed(targetIds[object]!), group, value)));
  }

  delete(object: number): void {
    if (!this.#isInstalled && targetIds[object]!.group) return;
    this.#change(() => this.fake.remove(this.#placed(targetIds[object]!)));
  }

  /** Writes or deletes what nobody watches. */
  changeStranger(stranger: number | 'all', gone: boolean): void {
    if (stranger === 'all') return strangerIds.forEach((_, one) => this.changeStranger(one, gone));
    const id = this.#placed(strangerIds[stranger]!);
    if (!this.#isInstalled && id.group) return;
    if (gone) this.fake.remove(id);
    else this.fake.put(objectOf(id, 'c', Math.floor(this.#clock.now())));
  }

  /** One of a kind that nobody watches is written every so often, until all is healed. */
  busy(): void {
    this.#busy?.[Symbol.dispose]();
    this.changeStranger(0, false);
    this.#busy = this.#clock.setTimeout(() => this.busy(), 250);
  }

  /** Something else is written, as always somewhere in a cluster, and bookmarks tell all watches how far the server is. */
  goOn(): void {
    this.#changeElsewhere();
    this.fake.sendBookmarks();
  }

  #changeElsewhere(): void {
    const metadata = { name: 'elsewhere', namespace: 'kube-system' };
    this.fake.put({ apiVersion: 'v1', kind: 'Secret', metadata });
  }

  isNamespaced(kind: string): boolean {
    return kind === goneKind.kind ? this.#isNamespaced : kind !== 'Node';
  }

  /** Whether a kind may come to be served in another scope. */
  mayMove(kind: string): boolean {
    return kind === goneKind.kind;
  }

  /** Whether it has done so. */
  hasMoved(kind: string): boolean {
    return this.mayMove(kind) && this.#hasMoved;
  }

  /** How many objects there are of a kind, or of one of its namespaces. */
  sizeOf({ kind: of, namespace }: ObjectIdentifier): number {
    return [...targetIds.slice(0, objectCount), ...strangerIds, ...crowdIds].filter(
      (id) =>
        id.kind === of &&
        (!namespace || id.namespace === namespace) &&
        this.fake.stored(this.#placed(id)) !== undefined,
    ).length;
  }

  /**
   * Goes down, and back by so many changes, as from a backup. What is written next may not overtake the versions that were seen
   * before somebody has looked: nobody could tell then.
   */
  restore(back: number): void {
    const version = this.#backups.at(-1 - back);
    if (version === undefined) return;
    this.heal();
    this.fake.down();
    this.#isDown = true;
    this.#change(() => this.fake.restore(version));
    this.#backups.length = 0;
  }

  /** The kind that may go is no longer served, and its objects are gone. */
  uninstall(): void {
    if (!this.#isInstalled) return;
    this.#change(() => {
      this.fake.unregisterKind(goneKind);
      this.#isInstalled = false;
    });
  }

  install(): void {
    if (!this.#isInstalled) this.fake.registerKind({ ...goneKind, namespaced: this.#isNamespaced });
    this.#isInstalled = true;
  }

  /**
   * Its definition is replaced by one of the other scope; its objects are gone, and go by other names from now on. What is served
   * anew has no history before.
   */
  rescope(): void {
    const wasInstalled = this.#isInstalled;
    this.uninstall();
    this.#isNamespaced = !this.#isNamespaced;
    this.#hasMoved = true;
    // Definitions have versions, too.
    this.#changeElsewhere();
    this.fault('compact');
    if (wasInstalled) this.install();
  }

  /**
   * The watches come back to a 404, and discovery says that there is no such kind: of the kinds of v1, which every server has,
   * until it is healed; of others only once in a schedule, since twice would be believed.
   */
  denyKinds(): void {
    this.#deniesCore = true;
    this.#denials = this.#hasDenied ? 0 : 1;
    this.#undo.add(
      this.fake.fail({ operation: 'watch', error: notFound, times: targetIds.length }),
    );
    this.fake.breakWatches();
  }

  fault(fault: Fault): void {
    switch (fault) {
      case 'close':
        return this.fake.closeWatches();
      case 'break':
        return this.fake.breakWatches();
      case 'cut':
        return this.fake.cutConnections();
      case 'compact':
        this.#backups.length = 0;
        return this.fake.compact();
      case 'bookmarks':
        return this.fake.sendBookmarks();
      case 'refuse streaming':
        return void this.#undo.add(this.fake.refuseStreamingLists(422));
      case 'fail once':
        return this.#fails({ code: 500, message: 'once' }, 1);
      case 'fail some':
        return this.#fails({ code: 429, message: 'busy' }, 5);
      case 'forbid':
        this.forbade = true;
        return void this.#undo.add(
          this.fake.deny({ verbs: ['list', 'watch'], resource: 'configmaps' }),
        );
      case 'forbid collections':
        return void this.#undo.add(
          this.fake.fail({
            match: ({ query }) => query !== undefined && !query.name && !query.selector,
            error: { code: 403, reason: 'Forbidden' },
          }),
        );
      case 'hold':
        return void this.#undo.add(this.fake.hold({}));
      case 'down':
        this.fake.down();
        this.#isDown = true;
        return;
      case 'hang ConfigMap':
      case 'hang Node': {
        const kind = fault.slice('hang '.length);
        this.sick.add(kind);
        // As an HTTP transport does with what gets no answer.
        const cure = this.fake.hold({ match: { kind }, timeoutMs: 10_000 });
        return void this.#cures.add(cure);
      }
      case 'stray 404s':
        return void this.#undo.add(
          this.fake.fail({ operation: 'watch', error: notFound, times: 3 }),
        );
      case 'something else answers':
        return this.#fails(
          new DepwatchError('ERR_TRANSPORT', 'an HTML page', {
            retryable: true,
            reason: 'not-kubernetes',
          }),
          5,
        );
      case 'lose bookmarks':
        return void this.#undo.add(this.fake.spoil({ bookmarks: 'missing' }));
      case 'heal':
        return this.heal();
    }
  }

  /** Ends all faults, but what ails a kind where that is to stay. */
  heal({ cure = true } = {}): void {
    for (const undo of this.#undo) undo();
    this.#undo.clear();
    this.#busy?.[Symbol.dispose]();
    this.install();
    if (this.#isDown) this.fake.up();
    this.#isDown = false;
    this.#deniesCore = false;
    this.#denials = 0;
    if (!cure) return;
    for (const undo of this.#cures) undo();
    this.#cures.clear();
    this.sick.clear();
  }

  /** What a query would show. */
  shows({ kind: of, namespace, name, selector }: ObjectIdentifier): string {
    const all = targetIds
      .slice(0, objectCount)
      .filter(({ kind }) => kind === of)
      .filter((id) => !namespace || id.namespace === namespace)
      .filter(({ group }) => this.#isInstalled || !group)
      .map((id) => this.fake.stored<KubernetesObject>(this.#placed(id)))
      .filter((object) => object !== undefined);
    const wanted = selector === 'group=a' ? 'a' : 'b';
    return digest(
      all.filter(({ metadata }) =>
        name ? metadata?.name === name : metadata?.labels?.['group'] === wanted,
      ),
    );
  }

  /** As it goes by in the scope that its kind has now. */
  #placed(id: ObjectIdentifier): ObjectIdentifier {
    if (this.isNamespaced(id.kind)) return id;
    const { namespace: _, ...rest } = id;
    return rest;
  }

  #denies(group: string | undefined): boolean {
    if (!group) return this.#deniesCore;
    if (this.#denials === 0) return false;
    this.#denials -= 1;
    this.#hasDenied = true;
    return true;
  }

  #fails(error: DepwatchError | { code: number; message: string }, times: number): void {
    this.#undo.add(this.fake.fail({ error, times }));
  }

  /** Does something, and notes what became of each object. */
  #change(act: () => unknown): void {
    const before = this.#each();
    this.#backups.push(this.fake.resourceVersion);
    act();
    const after = this.#each();
    for (let index = 0; index < objectCount; index += 1) {
      if (before[index] === after[index]) continue;
      this.changes[index]! += 1;
      if (after[index] === '') this.absences[index]! += 1;
    }
  }

  #each(): string[] {
    return Array.from({ length: objectCount }, (_, index) => this.shows(targetIds[index]!));
  }
}

function objectOf(
  { group, version, kind, namespace, name }: ObjectIdentifier,
  label: string,
  value: number,
) {
  return {
    apiVersion: group ? `${group}/${version}` : version,
    kind,
    metadata: { name: name!, ...(namespace && { namespace }), labels: { group: label } },
    data: { value: String(value) },
  };
}
