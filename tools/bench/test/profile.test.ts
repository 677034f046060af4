import { expect, test } from 'vitest';

import { topSelfTimes } from '../profile.ts';

const node = (id: number, functionName: string, url: string) => ({
  id,
  callFrame: { functionName, scriptId: '0', url, lineNumber: 9, columnNumber: 0 },
});

test('self times are summed by function, idle time left out', () => {
  const profile = {
    nodes: [
      node(1, '(idle)', ''),
      node(2, 'parse', 'file:///home/me/depwatch/packages/core/dist/index.js'),
      node(3, '', 'file:///x/node_modules/.pnpm/undici@1/node_modules/undici/lib/a.js'),
      node(4, 'parse', 'file:///home/me/depwatch/packages/core/dist/index.js'),
    ],
    startTime: 0,
    endTime: 1,
    samples: [1, 2, 3, 4, 1],
    timeDeltas: [0, 5000, 2000, 1000, 3000],
  };
  expect(topSelfTimes(profile, 10)).toEqual([
    { place: 'parse core/dist/index.js:10', ms: 5, share: 5 / 6 },
    { place: '(anonymous) undici/lib/a.js:10', ms: 1, share: 1 / 6 },
  ]);
  expect(topSelfTimes(profile, 1)).toHaveLength(1);
});
