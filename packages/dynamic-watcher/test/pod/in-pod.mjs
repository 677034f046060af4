// Loaded before a program: shows it the folder POD_FILES where a pod has its service account, and tells at the end which
// packages it has loaded.
import fs from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';

const mountedAt = '/var/run/secrets/kubernetes.io/serviceaccount';
const { POD_FILES } = process.env;
for (const name of ['accessSync', 'readFileSync', 'statSync']) {
  const original = fs[name];
  fs[name] = (path, ...rest) =>
    original(
      typeof path === 'string' && path.startsWith(`${mountedAt}/`)
        ? POD_FILES + path.slice(mountedAt.length)
        : path,
      ...rest,
    );
}
syncBuiltinESMExports();

const modules = {};
registerHooks({
  load(url, context, next) {
    const name = url.startsWith('node:') ? 'node' : packageOf(url);
    modules[name] = (modules[name] ?? 0) + 1;
    return next(url, context);
  },
});

/** The last package in a path, be it installed or one of the workspace. */
function packageOf(url) {
  const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  const [, own] = /\/packages\/([^/]+)\/(?:src|dist)\//.exec(url) ?? [];
  return installed ?? (own ? `@depwatch/${own}` : 'the program');
}

process.on('exit', () => {
  process.stdout.write(`${JSON.stringify({ modules })}\n`);
});
