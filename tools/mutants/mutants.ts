/** A deliberate bug: a piece of source and what takes its place, for one test run. */
export interface Mutant {
  readonly name: string;
  /** The number of the invariant that it breaks; the list is in this folder's README. */
  readonly invariant: number;
  /** Below packages/. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The test file below packages/ that has to find it, where the model does not come to what it breaks. */
  readonly test?: string;
}

const watcher = 'dynamic-watcher/src';

/** Each has to be found. */
export const mutants: readonly Mutant[] = [
  {
    name: 'an event is not applied to the cache',
    invariant: 1,
    file: 'core/src/object-store.ts',
    find: "    this.#objects.set(key, this.#keep(event.object));\n    return known ? 'modified' : 'added';",
    replace:
      "    if (!known) this.#objects.set(key, this.#keep(event.object));\n    return known ? 'modified' : 'added';",
  },
  {
    name: 'a change wakes only the first watcher',
    invariant: 2,
    file: 'core/src/dependency-graph.ts',
    find: 'node?.edges.forEach(({ identifier }, key) => visit(key, identifier));',
    replace:
      'for (const [key, { identifier }] of [...(node?.edges ?? [])].slice(0, 1)) visit(key, identifier);',
  },
  {
    name: 'a relist wakes nobody for what it finds deleted',
    invariant: 2,
    file: 'core/src/object-store.ts',
    find: "        changes = and(changes, 'deleted');\n        break;",
    replace: '        break;',
  },
  {
    name: 'a watch is resumed from the version of its list',
    invariant: 3,
    file: 'core/src/reflector/step.ts',
    find: '    next = { ...next, resourceVersion: version, seen: true, brokenAtVersion: 0 };',
    replace: '    next = { ...next, seen: true, brokenAtVersion: 0 };',
    test: 'core/test/reflector.test.ts',
  },
  {
    name: 'the version of a bookmark is saved before the events that come with it',
    invariant: 4,
    file: 'core/src/reflector/step.ts',
    find: '    next = { ...next, resourceVersion: version, seen: true, brokenAtVersion: 0 };',
    replace:
      '    next = { ...next, resourceVersion: String(Number(version) + 1), seen: true, brokenAtVersion: 0 };',
  },
  {
    name: 'a relist adds to what is there',
    invariant: 5,
    file: 'core/src/object-store.ts',
    find: '    this.#objects = after;',
    replace: '    this.#objects = new Map([...before, ...after]);',
  },
  {
    name: 'a watcher is taken from the queue while it runs',
    invariant: 6,
    file: `${watcher}/reconcile/reconcile-loop.ts`,
    find: '      // With no cause it was dropped while it was handed over.',
    replace: '      this.#queue.done(item);',
  },
  {
    name: 'a watch outlives its last watcher',
    invariant: 7,
    file: `${watcher}/supply/watch-set.ts`,
    find: '    this.#remove(watch);\n    watch.driver.stop();',
    replace: '    this.#remove(watch);',
  },
  {
    name: 'an ended operation still links what it wanted',
    invariant: 8,
    file: `${watcher}/demand/dependencies.ts`,
    find: '    signal.throwIfAborted();\n    const key = objectIdentifierKey(watcher);',
    replace: '    const key = objectIdentifierKey(watcher);',
  },
  {
    name: 'a remove leaves what is queued',
    invariant: 8,
    file: `${watcher}/demand/dependencies.ts`,
    find: '    loop.drop(key, watcher);',
    replace: '',
  },
  {
    name: 'a change during a reconcile is forgotten with it',
    invariant: 9,
    file: `${watcher}/reconcile/reconcile-loop.ts`,
    find: 'if (item.causes) this.#queue.add(item);',
    replace: 'if (item.causes && !item.run) this.#queue.add(item);',
  },
  {
    name: 'a failed update keeps what it had added',
    invariant: 10,
    file: `${watcher}/demand/dependencies.ts`,
    find: 'if (unneeded.length > 0) this.#stopUnwatched(this.#options.graph.remove(watcher, unneeded));',
    replace: '',
  },
  {
    name: 'a broken watch is not taken up again',
    invariant: 11,
    file: 'core/src/reflector/failures.ts',
    find: "    [{ type: 'cancel' }, { type: 'retrying', error, ms }, { type: 'timer', ms }],",
    replace: "    [{ type: 'cancel' }, { type: 'retrying', error, ms }],",
  },
  {
    name: 'a watch ignores a stop while it waits to be taken up again',
    invariant: 7,
    file: 'core/src/reflector/step.ts',
    find: "    case 'stop':",
    replace: "    case 'stop':\n      if (state.name === 'waiting') return [state, []];",
  },
  {
    name: 'a silent connection is borne ten times as long',
    invariant: 12,
    file: 'k8s-transport/src/watchdog.ts',
    find: 'this.#silenceMs = options.pingIntervalMs',
    replace: 'this.#silenceMs = 10 * options.pingIntervalMs',
    test: 'k8s-transport/test/watchdog.test.ts',
  },
  {
    name: 'all watches come back at once',
    invariant: 13,
    file: `${watcher}/requests/admission.ts`,
    find: '(this.#out.get(kind) ?? 0) < slots[kind]',
    replace: 'this.#out.size < 1_000',
    test: `dynamic-watcher/test/admission.test.ts`,
  },
  {
    name: 'in an outage every watch asks for itself',
    invariant: 13,
    file: `${watcher}/requests/admission.ts`,
    find: '    if (this.#reachable || this.#probe || this.#probeTimer) return;',
    replace: '    if (this.#reachable) return;',
    test: `dynamic-watcher/test/admission.test.ts`,
  },
  {
    name: 'a batch that failed is rolled back',
    invariant: 14,
    file: `${watcher}/demand/query-batches.ts`,
    find: 'return this.#finish(batch.watcher, batch, () => {});',
    replace: 'this.abort(batch.watcher, batch);\n    return Promise.resolve();',
  },
  {
    name: 'a commit keeps what was not asked for',
    invariant: 14,
    file: `${watcher}/demand/query-batches.ts`,
    find: 'this.#options.dependencies.retain(watcher, record.asked());',
    replace: '',
  },
  {
    name: 'a name can add a condition to the field selector',
    invariant: 15,
    file: 'k8s-transport/src/request-url.ts',
    find: "return value.replace(/[\\\\,=]/g, '\\\\$&');",
    replace: 'return value;',
    test: 'dynamic-watcher/test/go-original-defects-14-to-23.test.ts',
  },
  {
    name: 'a namespace can be a path',
    invariant: 15,
    file: 'k8s-transport/src/request-url.ts',
    find: '  return encodeURIComponent(value);\n}',
    replace: '  return value;\n}',
    test: 'k8s-transport/test/request-url.test.ts',
  },
  {
    name: 'a line may be of any length',
    invariant: 16,
    file: 'k8s-transport/src/ndjson.ts',
    find: '    if (bytes > this.#maxLineBytes)',
    replace: '    if (bytes > this.#maxLineBytes * 1000)',
    test: 'k8s-transport/test/ndjson.test.ts',
  },
  {
    name: 'a stop leaves pending calls alone',
    invariant: 17,
    file: `${watcher}/engine.ts`,
    find: '    this.lines.overruleAll(reason);',
    replace: '',
  },
];
