import { expect, test } from 'vitest';

import { weighApiServer } from '../api-server-weight.ts';

test('the in-process API server is imported within a second, and idles with less than 120 MB', async () => {
  const { importMs, rssMb } = await weighApiServer();
  expect(importMs).toBeLessThan(1_000);
  expect(rssMb).toBeLessThan(120);
});
