import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateSync } from 'node:zlib';

/** What is wrong with the links of a site, and where those lead that leave it. */
export interface LinkReport {
  /** Links without a target, and what a page would load from elsewhere: `page: link`. */
  readonly broken: readonly string[];
  /** Distinct addresses outside of the site, in order. Nobody fetches them. */
  readonly external: readonly string[];
  /** How many links lead to pages and anchors of the site. */
  readonly internal: number;
}

/** A link of a page, or a script, style sheet, image … that the page loads. */
interface Link {
  readonly url: string;
  readonly isLoaded: boolean;
}

/** Follows every link of every page of a static site, those of its navigation included. */
export function checkLinks(site: string): LinkReport {
  const files = globSync('**/*', { cwd: site });
  const pages = new Map(
    files
      .filter((file) => /\.(html|svg)$/.test(file))
      .map((file) => [file, tagsOf(join(site, file))]),
  );
  const anchors = new Map(
    [...pages].map(([file, tags]) => [file, new Set(tags.flatMap((tag) => attribute(tag, 'id')))]),
  );
  // Markdown that is linked to, but is no page, is copied as it is: nobody can read it.
  const known = new Set(files.filter((file) => !file.endsWith('.md')));

  const broken: string[] = [];
  const external = new Set<string>();
  let internal = 0;
  const check = (page: string, { url, isLoaded }: Link): void => {
    if (/^[a-z][a-z+.-]*:|^\/\//i.test(url)) {
      if (isLoaded) broken.push(`${page}: loads ${url}`);
      else external.add(url);
      return;
    }
    internal += 1;
    const [path = '', anchor = ''] = url.split('#').map(decodeURIComponent);
    const file = join(dirname(page), path.replace(/\?.*$/, ''));
    const target = path === '' ? page : path.endsWith('/') ? join(file, 'index.html') : file;
    const isThere = anchor === '' ? known.has(target) : anchors.get(target)?.has(anchor);
    if (!isThere) broken.push(`${page}: ${url}`);
  };

  for (const [page, tags] of pages) for (const link of tags.flatMap(linksOf)) check(page, link);
  for (const url of navigation(site)) check('index.html', { url, isLoaded: false });
  return { broken, external: [...external].toSorted(), internal };
}

/** The opening tags of a page. TypeDoc escapes every `<` that isn't one, outside of scripts. */
function tagsOf(file: string): string[] {
  const html = readFileSync(file, 'utf8').replaceAll(/(<script[^>]*>).*?<\/script>/gs, '$1');
  return html.match(/<[a-z](?:"[^"]*"|[^">])*>/gi) ?? [];
}

function attribute(tag: string, name: string): string[] {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? [] : [value.replaceAll('&quot;', '"').replaceAll('&amp;', '&')];
}

function linksOf(tag: string): Link[] {
  const isAnchor = /^<a\s/.test(tag);
  return [
    ...attribute(tag, 'href').map((url) => ({ url, isLoaded: !isAnchor })),
    ...attribute(tag, 'src').map((url) => ({ url, isLoaded: true })),
  ];
}

interface NavigationEntry {
  readonly path?: string;
  readonly children?: readonly NavigationEntry[];
}

/** Where the navigation leads, which TypeDoc's script builds from packed data. */
function navigation(site: string): string[] {
  const script = readFileSync(join(site, 'assets/navigation.js'), 'utf8');
  const packed = /"(.+)"/.exec(script)?.[1] ?? '';
  const pathsOf = ({ path, children = [] }: NavigationEntry): string[] => [
    ...(path === undefined ? [] : [path]),
    ...children.flatMap(pathsOf),
  ];
  const entries = JSON.parse(
    inflateSync(Buffer.from(packed, 'base64')).toString(),
  ) as NavigationEntry[];
  return entries.flatMap(pathsOf);
}
