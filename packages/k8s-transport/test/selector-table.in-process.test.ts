import { startApiServer } from '@depwatch/testing';
import { expect, it } from 'vitest';

import { selectorTable } from '../../core/test/selector-table.ts';
import { SelectorAsker } from './selector-asker.ts';

it(`the in-process API server takes and refuses ${selectorTable.length} selectors as the table says`, async () => {
  const server = await startApiServer();
  try {
    using asker = new SelectorAsker(server.kubeConfig);
    const answers = await Promise.all(
      selectorTable.map(async ({ text }) => ({ text, status: await asker.status(text) })),
    );
    expect(answers).toEqual(
      selectorTable.map(({ text, valid }) => ({ text, status: valid ? 200 : 400 })),
    );
  } finally {
    await server.stop();
  }
});
