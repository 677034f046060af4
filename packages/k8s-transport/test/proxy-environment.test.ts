import { describe, expect, it } from 'vitest';

import { serverOf } from '../src/credentials/kube-config.ts';
import { proxyFromEnvironment, type Environment } from '../src/credentials/proxy-environment.ts';

const proxyOf = (environment: Environment, server: string) =>
  proxyFromEnvironment(environment, new URL(server))?.href.replace(/\/$/, '');

// The last column is what golang.org/x/net/http/httpproxy v0.49.0, which client-go asks, answers to the others.
describe('the environment names a proxy as it does for client-go', () => {
  it.each<[string, Environment, server: string, proxy: string | undefined]>([
    ['no variable', {}, 'https://api.example.com:6443', undefined],
    [
      'HTTPS_PROXY',
      { HTTPS_PROXY: 'http://proxy:3128' },
      'https://api.example.com:6443',
      'http://proxy:3128',
    ],
    [
      'https_proxy',
      { https_proxy: 'http://proxy:3128' },
      'https://api.example.com:6443',
      'http://proxy:3128',
    ],
    [
      'the upper case first',
      { HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1' },
      'https://api.example.com:6443',
      'http://upper:1',
    ],
    [
      'the lower case where the upper is empty',
      { HTTPS_PROXY: '', https_proxy: 'http://lower:1' },
      'https://api.example.com:6443',
      'http://lower:1',
    ],
    [
      'HTTP_PROXY is not for https',
      { HTTP_PROXY: 'http://proxy:3128' },
      'https://api.example.com:6443',
      undefined,
    ],
    [
      'HTTPS_PROXY is not for http',
      { HTTPS_PROXY: 'http://proxy:3128' },
      'http://api.example.com:8080',
      undefined,
    ],
    [
      'HTTP_PROXY',
      { HTTP_PROXY: 'http://proxy:3128' },
      'http://api.example.com:8080',
      'http://proxy:3128',
    ],
    [
      'http_proxy',
      { http_proxy: 'http://proxy:3128' },
      'http://api.example.com:8080',
      'http://proxy:3128',
    ],
    [
      'ALL_PROXY is not read',
      { ALL_PROXY: 'http://proxy:3128' },
      'https://api.example.com:6443',
      undefined,
    ],
    [
      'a proxy without scheme',
      { HTTPS_PROXY: 'proxy:3128' },
      'https://api.example.com:6443',
      'http://proxy:3128',
    ],
    [
      'a proxy without scheme and port',
      { HTTPS_PROXY: 'proxy.example.com' },
      'https://api.example.com:6443',
      'http://proxy.example.com',
    ],
    [
      'an address without scheme',
      { HTTPS_PROXY: '10.0.0.1:3128' },
      'https://api.example.com:6443',
      'http://10.0.0.1:3128',
    ],
    [
      'an IPv6 address without scheme',
      { HTTPS_PROXY: '[fd00::1]:3128' },
      'https://api.example.com:6443',
      'http://[fd00::1]:3128',
    ],
    [
      'a user without scheme',
      { HTTPS_PROXY: 'me:pass@proxy:3128' },
      'https://api.example.com:6443',
      'http://me:pass@proxy:3128',
    ],
    [
      'an https proxy',
      { HTTPS_PROXY: 'https://me:pass@proxy:3129' },
      'https://api.example.com:6443',
      'https://me:pass@proxy:3129',
    ],
    [
      'a socks5 proxy',
      { HTTPS_PROXY: 'socks5://proxy:1080' },
      'https://api.example.com:6443',
      'socks5://proxy:1080',
    ],
    [
      'a socks5h proxy',
      { HTTPS_PROXY: 'socks5h://proxy:1080' },
      'https://api.example.com:6443',
      'socks5h://proxy:1080',
    ],
    ['localhost', { HTTPS_PROXY: 'http://proxy:3128' }, 'https://localhost:6443', undefined],
    [
      'a name below localhost',
      { HTTPS_PROXY: 'http://proxy:3128' },
      'https://api.localhost:6443',
      'http://proxy:3128',
    ],
    ['127.0.0.1', { HTTPS_PROXY: 'http://proxy:3128' }, 'https://127.0.0.1:6443', undefined],
    ['127.8.8.8', { HTTPS_PROXY: 'http://proxy:3128' }, 'https://127.8.8.8:6443', undefined],
    ['::1', { HTTPS_PROXY: 'http://proxy:3128' }, 'https://[::1]:6443', undefined],
    [
      'a mapped loopback address',
      { HTTPS_PROXY: 'http://proxy:3128' },
      'https://[::ffff:127.0.0.1]:6443',
      undefined,
    ],
    [
      'an address',
      { HTTPS_PROXY: 'http://proxy:3128' },
      'https://10.96.0.1:443',
      'http://proxy:3128',
    ],
    [
      'an IPv6 address',
      { HTTPS_PROXY: 'http://proxy:3128' },
      'https://[fd00::1]:6443',
      'http://proxy:3128',
    ],
    [
      'no_proxy',
      {
        HTTPS_PROXY: 'http://proxy:3128',
        HTTP_PROXY: 'http://proxy:3128',
        no_proxy: 'example.com',
      },
      'https://api.example.com:6443',
      undefined,
    ],
    [
      'NO_PROXY for http',
      {
        HTTPS_PROXY: 'http://proxy:3128',
        HTTP_PROXY: 'http://proxy:3128',
        NO_PROXY: 'example.com',
      },
      'http://api.example.com:8080',
      undefined,
    ],
  ])('%s: %j, %s → %s', (_, environment, server, proxy) => {
    expect(proxyOf(environment, server)).toBe(proxy);
  });

  it.each<[noProxy: string, server: string, way: 'direct' | 'proxy']>([
    ['*', 'https://api.example.com:6443', 'direct'],
    ['other.org, *', 'https://10.96.0.1:443', 'direct'],
    [' * ', 'https://[fd00::1]:6443', 'direct'],
    ['*, other.org', 'https://api.example.com:6443', 'direct'],
    ['example.com', 'https://example.com:6443', 'direct'],
    ['example.com', 'https://api.example.com:6443', 'direct'],
    ['example.com', 'https://myexample.com:6443', 'proxy'],
    ['EXAMPLE.com', 'https://api.example.com:6443', 'direct'],
    ['api', 'https://api:6443', 'direct'],
    ['.example.com', 'https://example.com:6443', 'proxy'],
    ['.example.com', 'https://api.example.com:6443', 'direct'],
    ['*.example.com', 'https://example.com:6443', 'proxy'],
    ['*.example.com', 'https://api.example.com:6443', 'direct'],
    ['*example.com', 'https://api.example.com:6443', 'proxy'],
    ['api.*.com', 'https://api.example.com:6443', 'proxy'],
    ['example.com:6443', 'https://api.example.com:6443', 'direct'],
    ['example.com:443', 'https://api.example.com:6443', 'proxy'],
    ['example.com:443', 'https://api.example.com', 'direct'],
    ['*.example.com:6443', 'https://api.example.com:6443', 'direct'],
    [':6443', 'https://api.example.com:6443', 'proxy'],
    ['example.com.', 'https://api.example.com:6443', 'proxy'],
    ['bücher.example', 'https://api.xn--bcher-kva.example:6443', 'direct'],
    ['xn--bcher-kva.example', 'https://bücher.example:6443', 'direct'],
    ['other.org,,  .svc , example.com', 'https://api.example.com:6443', 'direct'],
    ['other.org example.com', 'https://api.example.com:6443', 'proxy'],
    ['http://example.com', 'https://api.example.com:6443', 'proxy'],
    ['10.96.0.1', 'https://10.96.0.1:443', 'direct'],
    ['10.96.0.1', 'https://10.96.0.10:443', 'proxy'],
    ['10.96.0.1:443', 'https://10.96.0.1', 'direct'],
    ['10.96.0.1:443', 'https://10.96.0.1:6443', 'proxy'],
    ['0.1', 'https://10.96.0.1:443', 'proxy'],
    ['010.096.000.001', 'https://10.96.0.1:443', 'proxy'],
    ['10.0.0.0/8', 'https://10.96.0.1:443', 'direct'],
    ['10.96.0.1/16', 'https://10.96.200.1:443', 'direct'],
    ['10.0.0.0/8', 'https://11.0.0.1:443', 'proxy'],
    ['10.0.0.0/8', 'https://[::ffff:10.0.0.1]:443', 'direct'],
    ['10.0.0.0/33', 'https://10.0.0.1:443', 'proxy'],
    ['0.0.0.0/0', 'https://10.0.0.1:443', 'direct'],
    ['0.0.0.0/0', 'https://api.example.com:6443', 'proxy'],
    ['0.0.0.0/0', 'https://[fd00::1]:6443', 'proxy'],
    ['::/0', 'https://10.0.0.1:443', 'proxy'],
    ['10.0.0.0/8:443', 'https://10.0.0.1:443', 'proxy'],
    ['fd00::1', 'https://[fd00::1]:6443', 'direct'],
    ['FD00:0::1', 'https://[fd00::1]:6443', 'direct'],
    ['[fd00::1]', 'https://[fd00::1]:6443', 'proxy'],
    ['[fd00::1]:6443', 'https://[fd00::1]:6443', 'direct'],
    ['[fd00::1]:443', 'https://[fd00::1]:6443', 'proxy'],
    ['fd00::/8', 'https://[fd00::1]:6443', 'direct'],
    ['fd00::/8', 'https://[fe80::1]:6443', 'proxy'],
    ['::ffff:10.0.0.1', 'https://10.0.0.1:443', 'direct'],
    ['::ffff:10.0.0.0/104', 'https://10.0.0.1:443', 'direct'],
    ['10.0.0.1', 'https://[::ffff:10.0.0.1]:443', 'direct'],
  ])('NO_PROXY=%s: %s → %s', (noProxy, server, way) => {
    const environment = { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: noProxy };
    expect(proxyOf(environment, server)).toBe(way === 'proxy' ? 'http://proxy:3128' : undefined);
  });
});

describe('a server', () => {
  const kubeConfig = (proxyUrl?: string) => ({
    getCurrentCluster: () => ({
      name: 'c',
      server: 'https://api:6443',
      ...(proxyUrl && { proxyUrl }),
    }),
    getCurrentUser: () => null,
    applyToHTTPSOptions: async () => {},
  });

  it("is reached through the environment's proxy, unless the kubeconfig has one of its own", () => {
    const environment = { HTTPS_PROXY: 'http://environment:1', NO_PROXY: '' };
    expect(serverOf(kubeConfig(), environment).proxy?.host).toBe('environment:1');
    const own = kubeConfig('http://own:1');
    expect(serverOf(own, environment).proxy?.host).toBe('own:1');
    // As in client-go, NO_PROXY is for what the environment names.
    expect(serverOf(own, { NO_PROXY: '*' }).proxy?.host).toBe('own:1');
  });

  it.each(['ftp://me:secret@proxy', 'not a secret url', 'http://me:secret%@proxy'])(
    'is refused where HTTPS_PROXY is %s, which is not quoted',
    (HTTPS_PROXY) => {
      const call = () => serverOf(kubeConfig(), { HTTPS_PROXY });
      expect(call).toThrow(/^HTTPS_PROXY /);
      expect(call).not.toThrow(/secret/);
    },
  );
});
