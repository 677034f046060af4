import { join } from 'node:path/posix';

/** Where a release can be read: the repository's address, and the tag. */
export interface Forge {
  /** `https://forge.example/owner/repository` */
  readonly url: string;
  readonly ref: string;
}

/**
 * What a manifest says of where it comes from, which nobody knows before the workflow runs: a fork has an address of its own.
 *
 * @param folder of the package, from the repository's root: `packages/core`
 */
export function withForge<M extends object>(manifest: M, folder: string, { url, ref }: Forge): M {
  return {
    ...manifest,
    repository: { type: 'git', url: `git+${url}.git`, directory: folder },
    homepage: `${url}/tree/${ref}/${folder}#readme`,
    bugs: `${url}/issues`,
  };
}

/** What is at a path of the repository; undefined where there is nothing. */
export type KindOfPath = (path: string) => 'file' | 'folder' | undefined;

/**
 * A README whose links to files of the repository lead to the forge, since a registry shows it without those files. Code stays
 * as it is.
 *
 * @param folder of the README, from the repository's root
 * @throws Error for a link that leads nowhere
 */
export function withWholeLinks(
  markdown: string,
  folder: string,
  { url, ref }: Forge,
  kindOf: KindOfPath,
): string {
  // A fenced block, a code span, or the target of a link.
  const parts = /^(`{3,})[^]*?^\1 *$|(`+)[^]*?\2|\]\(([^)\s]+)\)/gm;
  return markdown.replaceAll(parts, (all: string, _fence, _span, target?: string) => {
    if (target === undefined || /^(#|[a-z][a-z+.-]*:)/i.test(target)) return all;
    const [file = '', anchor] = target.split('#');
    const path = join(folder, file).replace(/\/$/, '');
    const kind = kindOf(path);
    if (!kind) throw new Error(`${folder}/README.md: ${target} leads nowhere`);
    const page = kind === 'folder' ? 'tree' : 'blob';
    return `](${url}/${page}/${ref}/${path}${anchor === undefined ? '' : `#${anchor}`})`;
  });
}
