import type { KubernetesObject } from '@depwatch/core';
import { expect } from 'vitest';
import { everywhere, type FaultCase } from './fault-case.ts';

/** An object of the kind whose names may hold what others' may not. */
const hostileName = 'constructor:a,b=c';

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}

export const objectCases: readonly FaultCase[] = [
  ...[false, true].map((interrupted): FaultCase => ({
    fault: interrupted ? 'same name, new uid, while away' : 'same name, new uid',
    inject: everywhere(async (stage) => {
      const reconnect = interrupted ? stage.ground.disconnect() : () => {};
      await stage.remove('config');
      await stage.put('config', 'new');
      return reconnect;
    }),
    async expect(stage, inject) {
      await stage.watch();
      const { watcher, config } = stage;
      const before = watcher.getFromCache(config)?.metadata?.uid;
      const heal = await inject();
      await heal();
      await stage.wakes(1, 'new');
      expect(watcher.getFromCache(config)?.metadata?.uid).not.toBe(before);
      expect(stage.counts).toMatchObject({ lists: 1, expired: 0 });
      await stage.delivers('after');
    },
  })),
  {
    fault: 'hostile data',
    notShared: 'no watch has to do with it',
    inject: everywhere(async (stage) => {
      const { ground } = stage;
      const { namespace } = ground;
      await ground.put({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: hostileName, namespace },
        rules: [],
      } as KubernetesObject);
      await ground.put({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'constructor', namespace },
        data: JSON.parse('{"__proto__":"x","constructor":"y","value":"1"}') as object,
      } as KubernetesObject);
      return () => stage.put('constructor', '2');
    }),
    async expect(stage, inject) {
      const { watcher, app, recorder, ground } = stage;
      const change = await inject();
      const group = 'rbac.authorization.k8s.io';
      const role = { group, version: 'v1', kind: 'Role', namespace: ground.namespace };
      const hostile = { ...role, name: hostileName };
      const [constructor, proto] = [stage.id('constructor'), stage.id('__proto__')];
      await stage.settled(watcher.addOrUpdateWatcher(app, [hostile, constructor, proto]));
      await stage.until(() => expect(recorder.calls.length).toBeGreaterThan(0));
      expect(watcher.getFromCache(hostile)?.metadata?.name).toBe(hostileName);
      expect(stage.shown(proto)).toBeUndefined();
      const { data } = watcher.getFromCache<{ data: Record<string, string> }>(constructor)!;
      expect(Object.keys(data).sort()).toEqual(['__proto__', 'constructor', 'value']);
      expect(Object.getOwnPropertyDescriptor(data, '__proto__')?.value).toBe('x');
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
      const calls = recorder.calls.length;
      await change();
      await stage.until(() => expect(recorder.calls.length).toBeGreaterThan(calls));
      expect(stage.shown(constructor)).toBe('2');
      expect(watcher.watchStatus().map(({ state }) => state)).toEqual(['live', 'live', 'live']);
    },
  },
  {
    fault: 'names that would be paths',
    notShared: 'no watch has to do with it',
    inject: everywhere(() => {}),
    async expect(stage, inject) {
      await inject();
      const { watcher, app } = stage;
      await stage.watch();
      for (const name of ['../config', 'a/b', 'config,metadata.name=other']) {
        const add = stage.settled(watcher.addWatcher(app, stage.id(name)));
        const outcome = await add.then(
          () => stage.shown(stage.id(name)),
          (error: { code: string }) => error.code,
        );
        // No such object, or no such name: but never another object.
        expect([undefined, 'ERR_INVALID_INPUT']).toContain(outcome);
      }
      const calls = stage.recorder.calls.length;
      await stage.delivers('after');
      expect(stage.recorder.calls.length).toBe(calls + 1);
    },
  },
  {
    fault: "caller's arrays unchanged, objects frozen",
    notShared: 'no watch has to do with it',
    inject: everywhere(() => {}),
    async expect(stage, inject) {
      await inject();
      const { watcher, app } = stage;
      await stage.put('config', 'before');
      const watched = [stage.config, stage.id('other'), stage.config];
      const copy = structuredClone(watched);
      await stage.settled(watcher.addOrUpdateWatcher(app, watched));
      expect(watched).toEqual(copy);
      expect(watched.some((id) => Object.isFrozen(id))).toBe(false);
      // What the caller does with its own afterwards is nobody's business.
      watched[1]!.name = 'changed';
      expect(stage.status(stage.id('other'))?.state).toBe('live');
      expect(isFrozen(watcher.getFromCache(stage.config))).toBe(true);
      await stage.delivers('after');
      expect(isFrozen(watcher.getFromCache(stage.config))).toBe(true);
      expect(isFrozen(watcher.listWatchedFromCache(app)[0])).toBe(true);
    },
  },
];
