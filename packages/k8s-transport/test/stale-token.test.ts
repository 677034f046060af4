import { expect, it, vi } from 'vitest';

import { answer, configMaps, plainServer, transportFor } from './helpers.ts';

it.each([0, 20])(
  'fails none of 50 lists whose token is stale and the next good, after %i ms',
  async (ms) => {
    let given = 0;
    const server = await plainServer(({ headers }, response) => {
      if (headers.authorization !== 'Bearer token-2')
        return answer(response, 401, { kind: 'Status', code: 401 });
      return answer(response, 200, { metadata: { resourceVersion: '1' }, items: [] });
    });
    const apply = vi.fn(async (options: object) => {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      Object.assign(options, { headers: { Authorization: `Bearer token-${++given}` } });
    });
    const transport = transportFor({
      getCurrentCluster: () => ({ name: 'c', server: server.url }),
      getCurrentUser: () => null,
      applyToHTTPSOptions: apply,
    });
    await Promise.all(Array.from({ length: 50 }, () => transport.list(configMaps, {})));
    expect(apply).toHaveBeenCalledTimes(2);
  },
);
