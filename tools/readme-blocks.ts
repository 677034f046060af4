import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { parseAllDocuments } from 'yaml';

const root = join(import.meta.dirname, '..');
const tsc = join(root, 'node_modules/.bin/tsc');

/** A fenced code block of a README or a guide. */
export interface ReadmeBlock {
  /** What stands behind the opening fence; empty if nothing does. */
  readonly language: string;
  readonly code: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  /**
   * What an HTML comment right above says of how to run the block: `<!-- run: sh -->` to execute
   * its shell commands, `<!-- run: until "text" -->` to interrupt it once it has printed the text.
   */
  readonly directive?: string;
  /** The name that an HTML comment right above gives it, `<!-- file: name.ts -->`: the blocks below may import it. */
  readonly file?: string;
}

/** Where and with what a block is run. */
export interface ReadmeBlockContext {
  /** The folder whose dependencies the block may import. */
  readonly folder: string;
  /** Blocks that are files beside this one. Default: none. */
  readonly files?: readonly ReadmeBlock[];
  /** Added to the environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether something else covers a shell command. */
  readonly isCovered?: (command: string) => boolean;
  /** How long each step of a block may take. Default 2 min: rather late than wrong. */
  readonly timeoutMs?: number;
}

/** Finds the fenced code blocks of a Markdown text. */
export function readmeBlocks(markdown: string): ReadmeBlock[] {
  const blocks: ReadmeBlock[] = [];
  const lines = markdown.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const [, indent, fence, language] = /^( *)(`{3,}|~{3,}) *([^`]*)$/.exec(lines[index]!) ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, at) => at > index && line.trim() === fence);
    if (end < 0) throw new Error(`line ${index + 1}: the code block has no end`);
    const code = lines.slice(index + 1, end).map((line) => line.slice(indent!.length));
    // The formatter puts a blank line below the comment.
    const above = lines.slice(0, index).findLast((line) => line.trim() !== '') ?? '';
    const [, comment, text] = /^\s*<!-- (run|file): (.+) -->\s*$/.exec(above) ?? [];
    blocks.push({
      language: language!.trim(),
      code: code.join('\n') + '\n',
      line: index + 1,
      ...(comment === 'run' && { directive: text! }),
      ...(comment === 'file' && { file: text! }),
    });
    index = end;
  }
  return blocks;
}

/**
 * Does with a block what its language asks for: runs TypeScript (when its types are right) and JavaScript, parses JSON and YAML,
 * compares shell commands with those that are known.
 *
 * @throws Error if the block doesn't work, or if nobody knows what to do with it.
 */
export async function checkBlock(block: ReadmeBlock, context: ReadmeBlockContext): Promise<void> {
  switch (block.language) {
    case 'ts':
    case 'js':
      return runModule(block, context);
    case 'sh':
      return checkShell(block, context);
    case 'json':
      JSON.parse(block.code);
      return;
    case 'yaml':
      for (const { errors } of parseAllDocuments(block.code)) if (errors[0]) throw errors[0];
      return;
    default:
      throw new Error(
        `line ${block.line}: cannot check a block in '${block.language}', only ts, js, sh, json and yaml`,
      );
  }
}

/** Runs a block as a module of the folder, so that it may import what the folder's own files may. */
async function runModule(block: ReadmeBlock, context: ReadmeBlockContext): Promise<void> {
  const id = `.readme-${randomUUID()}`;
  // Named blocks have a folder of their own, where they keep their names.
  const named = [...(context.files ?? []), ...(block.file ? [block] : [])];
  const folder = named.length > 0 ? join(context.folder, id) : context.folder;
  const file = block.file ?? `${id}.${block.language === 'ts' ? 'ts' : 'mjs'}`;
  const config = `${id}.json`;
  const written = [
    ...named.map((one) => [one.file!, one.code]),
    [file, block.code],
    ...(block.language === 'ts' ? [[config, JSON.stringify(compilerConfig(file))]] : []),
  ].map(([name, text]) => [join(folder, name!), text!] as const);
  try {
    await mkdir(folder, { recursive: true });
    for (const [path, text] of written) await writeFile(path, text);
    if (block.language === 'ts') {
      await run(tsc, ['-p', join(folder, config), '--pretty', 'false'], block.line, context);
    }
    const args = ['--conditions=@depwatch/source', join(folder, file)];
    await run(process.execPath, args, block.line, context, block.directive);
  } finally {
    await Promise.all(written.map(([path]) => rm(path, { force: true })));
    if (named.length > 0) await rm(folder, { recursive: true });
  }
}

function compilerConfig(file: string) {
  return {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      moduleDetection: 'force',
      // An example may well end where its reader goes on.
      noUnusedLocals: false,
      typeRoots: [join(root, 'node_modules/@types')],
    },
    files: [file],
  };
}

async function checkShell(block: ReadmeBlock, context: ReadmeBlockContext): Promise<void> {
  if (block.directive) {
    const args = ['-euo', 'pipefail', '-c', block.code];
    return run('bash', args, block.line, context, block.directive);
  }
  for (const line of block.code.replaceAll(/\s*\\\n\s*/g, ' ').split('\n')) {
    const command = line.replace(/(^|\s)#.*$/, '').trim();
    if (command && !context.isCovered?.(command))
      throw new Error(
        `line ${block.line}: no test covers '${command}'; have it run with <!-- run: sh -->, or list it`,
      );
  }
}

/** Runs a program in a folder as the directive of a block says, `until` some text or to its end; fails unless it exits with 0. */
export async function run(
  command: string,
  args: readonly string[],
  line: number,
  { folder, env, timeoutMs = 120_000 }: ReadmeBlockContext,
  directive?: string,
): Promise<void> {
  const until = /^until "(.+)"$/.exec(directive ?? '')?.[1];
  if (directive && directive !== 'sh' && !until)
    throw new Error(`line ${line}: there is no directive 'run: ${directive}'`);

  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let seen = false;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (seen || !until || !output.includes(until)) return;
      seen = true;
      child.kill('SIGINT');
    });

  const timeout = new AbortController();
  const end = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const how = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
      resolve(code === 0 ? (until && !seen ? `never printed '${until}'` : '') : how);
    });
  });
  const problem = await Promise.race([
    end,
    delay(timeoutMs, `took more than ${timeoutMs / 1_000} s`, { signal: timeout.signal }),
  ]);
  timeout.abort();
  child.kill('SIGKILL');
  if (problem) throw new Error(`line ${line}: the block ${problem}\n${output}`);
}
