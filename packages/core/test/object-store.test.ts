import { describe, expect, test } from 'vitest';
import { keepVersion, ObjectStore, type KubernetesObject, type WatchEvent } from '../src/index.ts';

const object = (
  name: string,
  resourceVersion: string,
  uid = `uid-${name}`,
  namespace = 'ns',
): KubernetesObject => ({
  metadata: { name, namespace, uid, resourceVersion },
});
const event = (type: 'ADDED' | 'MODIFIED' | 'DELETED', of: KubernetesObject): WatchEvent => ({
  type,
  object: of,
});
const typesOf = (changes: readonly { type: string }[]): unknown[] => [
  ...new Set(changes.map(({ type }) => type)),
];
const names = (store: ObjectStore): unknown[] =>
  store.values().map(({ metadata }) => metadata?.name);

function storeOf(...objects: KubernetesObject[]): ObjectStore {
  const store = new ObjectStore((kept) => kept);
  store.stage(objects);
  store.commit();
  return store;
}

describe('ObjectStore', () => {
  test('a commit replaces everything at once and says what really changed', () => {
    const store = storeOf(object('a', '1'), object('b', '2'));
    store.stage([object('b', '2')]);
    store.stage([object('a', '1')]);
    expect(names(store)).toEqual(['a', 'b']);
    expect(typesOf(store.commit())).toEqual([]);
    expect(names(store)).toEqual(['b', 'a']);
    store.stage([object('a', '3'), object('c', '4')]);
    expect(typesOf(store.commit())).toEqual(['modified', 'added', 'deleted']);
    expect(typesOf(store.commit())).toEqual(['deleted']);
    expect(store.size).toBe(0);
  });

  test('a list that shows another content in the version that is here changes it, and nothing else', () => {
    const of = (name: string, version: string, value: string) => ({
      ...object(name, version),
      data: { value },
    });
    const store = storeOf(of('a', '1', 'x'), of('b', '2', 'x'), of('c', '3', 'x'));
    store.stage([of('a', '1', 'y'), of('b', '2', 'x')]);
    store.stageEvents([event('ADDED', of('c', '3', 'x'))]);
    expect(store.commit().map(({ type, key }) => [type, key])).toEqual([['modified', 'ns/a']]);
    // What is staged last counts, and what was discarded does not.
    store.stageEvents([
      event('ADDED', of('a', '1', 'z')),
      event('MODIFIED', of('a', '1', 'y')),
      event('ADDED', of('b', '2', 'z')),
      event('DELETED', of('b', '2', 'z')),
      event('ADDED', of('b', '2', 'x')),
    ]);
    store.stage([of('c', '3', 'y')]);
    store.discard();
    store.stage([of('a', '1', 'y'), of('b', '2', 'x'), of('c', '3', 'x')]);
    expect(store.commit()).toEqual([]);
  });

  test('what a streaming list tells of an object late, or of the one before it, does not undo what it has shown', () => {
    const store = new ObjectStore((kept) => kept);
    store.stageEvents([
      event('ADDED', object('a', '12')),
      event('MODIFIED', object('a', '11')),
      event('ADDED', object('b', '12', 'uid-of-the-second')),
      event('DELETED', object('b', '11', 'uid-of-the-first')),
      event('MODIFIED', object('b', '10', 'uid-of-the-first')),
      event('ADDED', object('c', '9')),
      event('DELETED', object('c', '13')),
      event('ADDED', object('d', '9')),
      event('MODIFIED', object('d', '14')),
    ]);
    store.commit();
    const shown = store.values().map(({ metadata }) => [metadata!.uid, metadata!.resourceVersion]);
    expect(shown).toEqual([
      ['uid-a', '12'],
      ['uid-of-the-second', '12'],
      ['uid-d', '14'],
    ]);
  });

  test('what keeps versions alone takes them for the content of a list', () => {
    const store = new ObjectStore(keepVersion, false);
    store.stage([object('a', '1')]);
    store.commit();
    store.stage([{ ...object('a', '1'), data: {} } as KubernetesObject]);
    expect(store.commit()).toEqual([]);
  });

  test('where some content is kept, that is compared', () => {
    const keep = (kept: KubernetesObject) => (kept.metadata?.labels ? kept : keepVersion(kept));
    const store = new ObjectStore(keep, false, (kept) => kept.metadata?.labels !== undefined);
    const labelled = (of: KubernetesObject, value: string): KubernetesObject => ({
      metadata: { ...of.metadata, labels: { value } },
    });
    const [a, b] = [object('a', '1'), object('b', '2')];
    store.stage([labelled(a, 'x'), b]);
    store.commit();
    store.stage([labelled(a, 'y'), labelled(b, 'x')]);
    expect(store.commit().map(({ key }) => key)).toEqual(['ns/a']);
  });

  test('what is discarded never shows', () => {
    const store = storeOf(object('a', '1'));
    store.stage([object('b', '2')]);
    store.discard();
    store.stage([object('a', '1')]);
    expect(typesOf(store.commit())).toEqual([]);
    expect(names(store)).toEqual(['a']);
  });

  test('events keep the order of the list; the same version again is no change', () => {
    const store = storeOf(object('a', '1'), object('b', '2'));
    expect(typesOf(store.apply([event('MODIFIED', object('a', '3'))]))).toEqual(['modified']);
    expect(
      typesOf(store.apply([event('MODIFIED', object('a', '3')), event('ADDED', object('b', '2'))])),
    ).toEqual([]);
    expect(
      typesOf(store.apply([event('ADDED', object('c', '4')), event('DELETED', object('b', '5'))])),
    ).toEqual(['added', 'deleted']);
    expect(names(store)).toEqual(['a', 'c']);
  });

  test('the delete of an object never removes another one of its name', () => {
    const store = storeOf(object('a', '1', 'old'));
    expect(typesOf(store.apply([event('ADDED', object('a', '5', 'new'))]))).toEqual(['modified']);
    expect(typesOf(store.apply([event('DELETED', object('a', '4', 'old'))]))).toEqual([]);
    expect(names(store)).toEqual(['a']);
    expect(typesOf(store.apply([event('DELETED', object('missing', '4'))]))).toEqual([]);
  });

  test('a reader of values keeps what it has', () => {
    const store = storeOf(object('a', '1'));
    const before = store.values();
    expect(store.values()).toBe(before);
    store.apply([event('ADDED', object('b', '2'))]);
    expect(before).toHaveLength(1);
    expect(Object.isFrozen(before)).toBe(true);
    expect(store.values()).toHaveLength(2);
  });

  test('initial events that are staged may contradict each other', () => {
    const store = storeOf();
    store.stageEvents([event('ADDED', object('a', '1')), event('ADDED', object('b', '2'))]);
    store.stageEvents([
      event('DELETED', object('a', '3')),
      { type: 'BOOKMARK', resourceVersion: '4' },
    ]);
    expect(typesOf(store.commit())).toEqual(['added']);
    expect(names(store)).toEqual(['b']);
  });

  test('one name in two namespaces is two objects, and hostile names are names', () => {
    const store = storeOf(
      object('a', '1', 'u1', 'x'),
      object('a', '1', 'u2', 'y'),
      object('__proto__', '1'),
    );
    expect(store.size).toBe(3);
  });

  test.each([undefined, ''])(
    'objects of version %j are told apart by what is in them',
    (version) => {
      const of = (data: string): KubernetesObject =>
        ({
          metadata: { name: 'a', ...(version !== undefined && { resourceVersion: version }) },
          data: { nested: [data] },
        }) as KubernetesObject;
      for (const store of [new ObjectStore((kept) => kept), new ObjectStore(keepVersion, false)]) {
        expect(typesOf(store.apply([event('ADDED', of('1'))]))).toEqual(['added']);
        expect(typesOf(store.apply([event('ADDED', of('1'))]))).toEqual([]);
        expect(typesOf(store.apply([event('MODIFIED', of('2'))]))).toEqual(['modified']);
        store.stage([of('2')]);
        expect(typesOf(store.commit())).toEqual([]);
        store.stage([of('3')]);
        expect(typesOf(store.commit())).toEqual(['modified']);
      }
    },
  );

  test('where no content is kept, an object that is said to be modified is', () => {
    const store = new ObjectStore(keepVersion, false);
    const metadata = { metadata: { name: 'a' } };
    store.apply([event('ADDED', metadata)]);
    // The change is beyond the metadata, which is all that was asked for.
    expect(typesOf(store.apply([event('MODIFIED', metadata)]))).toEqual(['modified']);
    store.stage([metadata]);
    expect(typesOf(store.commit())).toEqual([]);
  });

  test('a version that does not move with its object hides no change, in an event or a list', () => {
    const of = (data: string): KubernetesObject =>
      ({ ...object('a', '1'), data: { data } }) as KubernetesObject;
    const store = storeOf(of('1'));
    expect(typesOf(store.apply([event('MODIFIED', of('2'))]))).toEqual(['modified']);
    store.stage([of('3')]);
    expect(typesOf(store.commit())).toEqual(['modified']);
    store.stage([of('3')]);
    expect(typesOf(store.commit())).toEqual([]);
    expect(store.versionsMove).toBe(false);
    // No server that counts its versions gives one to two objects.
    expect([storeOf(object('a', '1'), object('b', '1')).versionsMove]).toEqual([false]);
    expect([storeOf(object('a', '1'), object('b', '2')).versionsMove]).toEqual([true]);
    // What keeps no content takes the server's word.
    const versions = new ObjectStore(keepVersion, false);
    versions.apply([event('ADDED', of('1'))]);
    expect(typesOf(versions.apply([event('ADDED', of('1'))]))).toEqual([]);
    expect(typesOf(versions.apply([event('MODIFIED', of('2'))]))).toEqual(['modified']);
  });

  test('another form of the state that is here is kept, and is no change; another state is not', () => {
    const store = new ObjectStore((kept) => kept, false);
    store.stage([object('a', '1')]);
    store.commit();
    const before = store.values();
    const whole = { ...object('a', '1'), data: { key: 'value' } };
    expect(store.adopt(whole)).toBe(true);
    expect(store.get('ns/a')).toBe(whole);
    expect([before, store.values()]).toEqual([[object('a', '1')], [whole]]);
    expect(store.adopt(object('a', '2'))).toBe(false);
    expect(store.adopt(object('a', '1', 'another'))).toBe(false);
    expect(store.adopt(object('b', '1'))).toBe(false);
    expect(store.adopt({ metadata: { name: 'a', namespace: 'ns' } })).toBe(false);
    expect(store.values()).toEqual([whole]);
    expect([...store.keys()]).toEqual(['ns/a']);
    // Its version speaks for it, in whichever form it comes.
    expect(store.apply([event('ADDED', object('a', '1'))])).toEqual([]);
    expect(store.versionsMove).toBe(true);
  });

  test('a delete that names no uid is believed', () => {
    const store = storeOf(object('a', '1'));
    const nameless = { metadata: { name: 'a', namespace: 'ns', resourceVersion: '2' } };
    expect(typesOf(store.apply([event('DELETED', nameless)]))).toEqual(['deleted']);
  });

  test('a burst with an object that cannot be kept changes nothing', () => {
    const store = new ObjectStore((kept) => {
      if (kept.metadata?.name === 'bad') throw new TypeError('cannot be frozen');
      return kept;
    });
    const burst = [event('ADDED', object('a', '1')), event('ADDED', object('bad', '2'))];
    expect(() => store.apply(burst)).toThrow('cannot be frozen');
    expect(store.size).toBe(0);
  });

  test('keepVersion keeps nothing else', () => {
    const secret = { ...object('a', '1'), data: { password: 'x' } } as KubernetesObject;
    const store = new ObjectStore(keepVersion);
    store.stage([secret]);
    store.commit();
    expect(store.values()).toEqual([{ metadata: { uid: 'uid-a', resourceVersion: '1' } }]);
  });
});
