import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { checkBlock, readmeBlocks, type ReadmeBlockContext } from '../readme-blocks.ts';

// Each block is a start of the compiler and one of Node.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depwatch-readme-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Checks a README of one block. */
async function check(lines: string[], context?: Partial<ReadmeBlockContext>): Promise<void> {
  const [block, ...others] = readmeBlocks(lines.join('\n'));
  expect(others).toEqual([]);
  await checkBlock(block!, { folder, timeoutMs: 60_000, ...context });
}

const server = [
  'process.on("SIGINT", () => process.exit(Number(process.env.EXIT_CODE ?? 0)));',
  'setInterval(() => console.log("ready"), 10);',
];

test('finds every block, with its directive', () => {
  const markdown = [
    'Text with ``` in it.',
    '```ts',
    'a;',
    '```',
    '- a list',
    '  <!-- run: sh -->',
    '',
    '  ~~~~sh',
    '  b',
    '    c',
    '  ~~~~',
    '```',
    '```',
  ];
  expect(readmeBlocks(markdown.join('\n'))).toEqual([
    { language: 'ts', code: 'a;\n', line: 2 },
    { language: 'sh', code: 'b\n  c\n', line: 8, directive: 'sh' },
    { language: '', code: '\n', line: 12 },
  ]);
  expect(() => readmeBlocks('```ts\na;')).toThrow('line 1: the code block has no end');
});

test('runs TypeScript and JavaScript, and leaves nothing behind', async () => {
  const env = { GREETING: 'hello' };
  await check(['```ts', "if (process.env['GREETING']! !== 'hello') throw 1;", '```'], { env });
  await expect(check(['```ts', 'const a: string = 1;', '```'])).rejects.toThrow('error TS2322');
  await check(['```js', 'await import("node:fs");', '```']);
  await expect(check(['```ts', 'throw new Error("broken");', '```'])).rejects.toThrow(
    /exit code 1\n[^]*Error: broken/,
  );
  await expect(
    check(['```js', 'setInterval(() => {}, 1_000);', '```'], { timeoutMs: 500 }),
  ).rejects.toThrow('took more than 0.5 s');
  expect(await readdir(folder)).toEqual([]);
});

test('lets a block import the named ones above', async () => {
  const markdown = [
    '<!-- file: greeting.ts -->',
    '```ts',
    "export const greeting: string = 'hello';",
    '```',
    '```ts',
    "import { greeting } from './greeting.ts';",
    "if (greeting !== 'hello') throw 1;",
    '```',
  ];
  const [named, block] = readmeBlocks(markdown.join('\n'));
  expect(named).toMatchObject({ file: 'greeting.ts' });
  await checkBlock(block!, { folder, files: [named!] });
  await expect(checkBlock(block!, { folder })).rejects.toThrow("module './greeting.ts'");
  expect(await readdir(folder)).toEqual([]);
});

test('interrupts what runs forever', async () => {
  const until = '<!-- run: until "ready" -->';
  await check([until, '```js', ...server, '```']);
  await expect(
    check([until, '```js', ...server, '```'], { env: { EXIT_CODE: '3' } }),
  ).rejects.toThrow('exit code 3');
  await expect(check([until, '```js', 'console.log("never");', '```'])).rejects.toThrow(
    "never printed 'ready'",
  );
});

test('accepts shell commands that are covered, and runs those that ask for it', async () => {
  const isCovered = (command: string) => command === 'npm test -- --x';
  await check(['```sh', '# a comment', 'npm test \\', '-- --x', '```'], { isCovered });
  await check(['```sh', 'npm test -- --x  # checks', '```'], { isCovered });
  await expect(check(['```sh', 'npm run nonsense', '```'], { isCovered })).rejects.toThrow(
    "no test covers 'npm run nonsense'",
  );
  await check(['<!-- run: sh -->', '```sh', 'true', '```']);
  await expect(check(['<!-- run: sh -->', '```sh', 'false', 'true', '```'])).rejects.toThrow(
    'exit code 1',
  );
});

test('parses data', async () => {
  await check(['```json', '{ "a": 1 }', '```']);
  await check(['```yaml', 'a: 1', '---', 'b: 2', '```']);
  await expect(check(['```json', '{', '```'])).rejects.toThrow();
  await expect(check(['```yaml', 'a: [', '```'])).rejects.toThrow();
});

test('refuses what it does not understand', async () => {
  await expect(check(['```', '```'])).rejects.toThrow("cannot check a block in ''");
  await expect(check(['```go', '```'])).rejects.toThrow("cannot check a block in 'go'");
  await expect(check(['<!-- run: twice -->', '```ts', '```'])).rejects.toThrow(
    "no directive 'run: twice'",
  );
});
