import assert from 'node:assert/strict';

import type { CaseDefinition } from '../case-definition.ts';
import { namesOf } from '../lab/expectations.ts';
import type { Lab } from '../lab/lab.ts';

/** All objects of a list in pages, and the version that all its pages must show. */
async function listInPages(
  lab: Lab,
  limit: number,
  betweenPages?: () => Promise<unknown>,
): Promise<{ names: string[]; pages: number; resourceVersion: string }> {
  const names: string[] = [];
  let page = await lab.list(lab.configMaps(), { limit });
  const { resourceVersion } = page;
  for (let pages = 1; ; pages += 1) {
    assert.ok(page.items.length <= limit, `a page has at most ${limit} objects`);
    assert.equal(page.resourceVersion, resourceVersion, 'all pages show the same version');
    names.push(...namesOf(page.items));
    if (!page.continue) return { names, pages, resourceVersion };
    await betweenPages?.();
    page = await lab.list(lab.configMaps(), { limit, continue: page.continue });
  }
}

/** What a transport must do for lists in pages, and for lists at a version. */
export const listPageCases: readonly CaseDefinition[] = [
  {
    name: 'list: in pages, each object once, all at one version',
    async run(lab) {
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
      await Promise.all(names.map((name) => lab.put(name)));
      assert.deepEqual((await listInPages(lab, 3)).names.sort(), names);
      assert.deepEqual((await listInPages(lab, 1)).names.sort(), names);
      const exact = await listInPages(lab, 7);
      assert.deepEqual([exact.names.sort(), exact.pages], [names, 1]);
      assert.equal((await listInPages(lab, 500)).pages, 1);
    },
  },
  {
    name: 'list: what is written between pages is not in the list, but in a watch from its version',
    async run(lab) {
      await Promise.all(['a', 'b', 'c', 'd'].map((name) => lab.put(name)));
      let writes = 0;
      const { names, resourceVersion } = await listInPages(lab, 2, async () => {
        writes += 1;
        await lab.put('c2');
        await lab.remove('d');
      });
      assert.equal(writes, 1);
      assert.deepEqual(names.sort(), ['a', 'b', 'c', 'd']);
      const watch = lab.watch(lab.configMaps(), { resourceVersion });
      const changes = await watch.changes(2);
      assert.deepEqual(
        changes.map(({ type, object }) => `${type} ${object.metadata?.name}`),
        ['ADDED c2', 'DELETED d'],
      );
    },
  },
  {
    name: 'list: pages of a selection have each selected object once',
    async run(lab) {
      await Promise.all(
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, index) =>
          lab.put(name, { labels: { odd: index % 2 ? 'yes' : 'no' } }),
        ),
      );
      const query = lab.configMaps({ selector: 'odd=yes' });
      const names: string[] = [];
      let next: string | undefined;
      do {
        const page = await lab.list(query, { limit: 2, ...(next && { continue: next }) });
        names.push(...namesOf(page.items));
        next = page.continue;
      } while (next);
      assert.deepEqual(names.sort(), ['b', 'd', 'f', 'h']);
    },
  },
  {
    name: 'list: a page that says how many objects follow tells the truth',
    async run(lab) {
      const names = ['a', 'b', 'c', 'd', 'e'];
      await Promise.all(names.map((name) => lab.put(name)));
      const first = await lab.list(lab.configMaps(), { limit: 2 });
      assert.ok([3, undefined].includes(first.remaining), `not ${first.remaining}`);
      const second = await lab.list(lab.configMaps(), { limit: 2, continue: first.continue! });
      assert.ok([1, undefined].includes(second.remaining), `not ${second.remaining}`);
      const last = await lab.list(lab.configMaps(), { limit: 2, continue: second.continue! });
      assert.ok([0, undefined].includes(last.remaining), `not ${last.remaining}`);
    },
  },
  {
    name: 'list: a token of a list whose version is gone is ERR_EXPIRED',
    requires: ['compact'],
    exclusive: true,
    async run(lab) {
      await Promise.all(['a', 'b', 'c'].map((name) => lab.put(name)));
      const first = await lab.list(lab.configMaps(), { limit: 1 });
      assert.ok(first.continue);
      await lab.put('d');
      await lab.harness.compact!();
      const options = { limit: 1, continue: first.continue };
      const call = () => lab.transport.list(lab.configMaps(), options);
      const error = await lab.rejection(call, 'ERR_EXPIRED');
      assert.equal(error.status?.code, 410);
    },
  },
  {
    name: 'list: at a version, a state at least that new',
    async run(lab) {
      const { metadata } = await lab.put('a');
      const resourceVersion = metadata!.resourceVersion!;
      const page = await lab.list(lab.configMaps(), { resourceVersion });
      assert.deepEqual(namesOf(page.items), ['a']);
      assert.ok(BigInt(page.resourceVersion) >= BigInt(resourceVersion));
      await lab.list(lab.configMaps(), { resourceVersion: '0' });
    },
  },
  {
    name: 'list: at a version that is yet to come, ERR_EXPIRED',
    async run(lab) {
      const { resourceVersion } = await lab.list(lab.configMaps());
      const options = { resourceVersion: String(BigInt(resourceVersion) + 1_000_000_000n) };
      const call = () => lab.transport.list(lab.configMaps(), options);
      await lab.rejection(call, 'ERR_EXPIRED');
    },
  },
];
