import { isDepwatchError } from '@depwatch/core';
import { describe, expect, it } from 'vitest';

import { createK8sTransport } from '../src/index.ts';
import type { KubeConfigLike } from '../src/index.ts';

const kubeConfig = (server: string, proxyUrl?: string): KubeConfigLike => ({
  getCurrentCluster: () => ({ name: 'c', server, ...(proxyUrl && { proxyUrl }) }),
  getCurrentUser: () => null,
  applyToHTTPSOptions: async () => {},
});
const good = kubeConfig('https://127.0.0.1:6443');

describe('createK8sTransport', () => {
  it.each([
    ['options', undefined],
    ['kubeConfig', {}],
    ['kubeConfig', { kubeConfig: {} }],
    ['kubeConfig', { kubeConfig: { ...good, getCurrentCluster: () => null } }],
    ['kubeConfig', { kubeConfig: kubeConfig('no url') }],
    ['kubeConfig', { kubeConfig: kubeConfig('ftp://host') }],
    ['kubeConfig', { kubeConfig: kubeConfig('https://host', 'ftp://user:secret@proxy') }],
    ['proxy-url', { kubeConfig: kubeConfig('https://host', 'http://me:sec%ret@proxy') }],
    // JavaScript has no string of that length, so no JSON could be parsed.
    ['maxListBytes', { kubeConfig: good, maxListBytes: 2 ** 30 }],
    ['maxLineBytes', { kubeConfig: good, maxLineBytes: 2 ** 30 }],
    ['requestTimeoutMs', { kubeConfig: good, requestTimeoutMs: 0 }],
    ['maxLineBytes', { kubeConfig: good, maxLineBytes: -1 }],
    ['maxListBytes', { kubeConfig: good, maxListBytes: 1.5 }],
    ['pingIntervalMs', { kubeConfig: good, pingIntervalMs: 2 ** 31 }],
    ['pingTimeoutMs', { kubeConfig: good, pingTimeoutMs: '5' }],
    ['logger', { kubeConfig: good, logger: {} }],
    ['clock', { kubeConfig: good, clock: {} }],
    ['userAgent', { kubeConfig: good, userAgent: 'a\nb' }],
  ])('refuses a bad %s', (field, options) => {
    try {
      createK8sTransport(options as never);
      expect.unreachable();
    } catch (error) {
      expect(isDepwatchError(error, 'ERR_INVALID_INPUT')).toBe(true);
      expect((error as Error).message).toContain(field);
      expect((error as Error).message).not.toContain('secret');
    }
  });

  it('starts nothing, and closes more than once', async () => {
    const transport = createK8sTransport({ kubeConfig: good });
    await transport.close();
    await transport.close();
    const query = {
      gvr: { group: '', version: 'v1', resource: 'pods', namespaced: true },
      gvk: { version: 'v1', kind: 'Pod' },
    };
    const closed = {
      code: 'ERR_TRANSPORT',
      retryable: false,
      message: expect.stringContaining('closed') as string,
    };
    await expect(transport.list(query, {})).rejects.toMatchObject(closed);
    await expect(transport.discover(query.gvk, {})).rejects.toMatchObject(closed);
    await expect(transport.watch(query, {})[Symbol.asyncIterator]().next()).rejects.toMatchObject(
      closed,
    );
  });
});
