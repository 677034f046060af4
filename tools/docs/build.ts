/**
 * Builds the documentation site, in dist/docs: README, guides, and of each package its README and its exports.
 * Undocumented exports, unresolved links and whatever else TypeDoc warns of fail the build.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  Application,
  Comment,
  Converter,
  MinimalSourceFile,
  normalizePath,
  ReflectionKind,
  type Context,
  type DeclarationReflection,
} from 'typedoc';

import { checkLinks } from './links.ts';
import { sectionsOf } from './sections.ts';

const root = join(import.meta.dirname, '../..');
const site = join(root, 'dist/docs');
const readme = join(root, 'README.md');
const packages = packagesInOrder();
const sections = sectionsOf(readFileSync(readme, 'utf8'));

const app = await Application.bootstrap({
  name: 'depwatch',
  readme,
  // What a package exports of another one is documented with that one's, which has to be converted before.
  entryPoints: [...packages.slice(2), ...packages.slice(0, 2).toReversed()].map(
    (name) => `packages/${name}/src/index.ts`,
  ),
  projectDocuments: [
    ...sections.flatMap(({ guides }) => guides),
    'tools/bench/README.md',
    ...globSync('.github/*.md', { cwd: root }),
  ],
  tsconfig: join(import.meta.dirname, 'tsconfig.json'),
  basePath: root,
  out: site,
  customCss: join(import.meta.dirname, 'site.css'),
  customJs: join(import.meta.dirname, 'site.js'),
  favicon: join(import.meta.dirname, 'favicon.svg'),

  // A package is described by its README; a property's name and type often say all.
  requiredToBeDocumented: [
    'Class',
    'Interface',
    'TypeAlias',
    'Function',
    'Variable',
    'Method',
    'Accessor',
  ],
  packagesRequiringDocumentation: packages.map((name) => `@depwatch/${name}`),
  validation: { notDocumented: true },
  // What is inherited from other packages is documented there.
  excludeExternals: true,
  // The task `typecheck` finds errors of types.
  skipErrorChecking: true,

  locales: { en: { kind_module: 'Package', kind_plural_module: 'Packages' } },
  // Every text opens with its own.
  headings: { readme: false, document: false },
  disableSources: true,
  sortEntryPoints: false,
  sort: ['documents-first', 'kind', 'alphabetical'],
  // What is in no section is for those who work on depwatch.
  groupOrder: [...sections.map(({ name }) => name), 'Packages', 'Project'],
  navigation: { excludeReferences: true, includeFolders: false },
  visibilityFilters: {},
  searchInComments: true,
  searchInDocuments: true,
  // `metadata.name` is no site.
  markdownItLoader: (parser) => parser.linkify.set({ fuzzyLink: false }),
  highlightLanguages: ['typescript', 'javascript', 'json', 'yaml', 'shellscript'],
});
app.converter.on(Converter.EVENT_CREATE_DECLARATION, describePackage);
app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
  document.name = titleOf(Comment.combineDisplayParts(document.content)) ?? document.name;
  const section = sections.find(({ guides }) =>
    guides.some((guide) => titleOf(readFileSync(join(root, guide), 'utf8')) === document.name),
  );
  document.frontmatter['group'] = section?.name ?? 'Project';
});
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  // The sections are for the whole; what a package exports needs none in the navigation.
  project.comment ??= new Comment();
  project.comment.modifierTags.add('@showGroups');
  const place = ({ name }: { name: string }) =>
    packages.findIndex((one) => name.endsWith(`/${one}`));
  project.children?.sort((a, b) => place(a) - place(b));
  project.childrenIncludingDocuments?.sort((a, b) => place(a) - place(b));
});

const project = await app.convert();
if (project) {
  app.validate(project);
  await app.generateOutputs(project);
}
const { broken, external, internal } = checkLinks(site);
console.log(`${internal} links within the site; not followed, ${external.length} that leave it:`);
for (const url of external) console.log(`  ${url}`);
for (const link of broken) console.error(`broken: ${link}`);
if (app.logger.hasErrors() || app.logger.hasWarnings() || broken.length > 0) process.exitCode = 1;

/** The packages, as the README lists them: most users' one comes first. */
function packagesInOrder(): string[] {
  const all = globSync('packages/*/README.md', { cwd: root }).map((file) => file.split('/')[1]!);
  const listed = readFileSync(readme, 'utf8').matchAll(/^\| \[@depwatch\/([\w-]+)\]\(/gm);
  return [...new Set([...Array.from(listed, (match) => match[1]!), ...all.toSorted()])];
}

/** What a text is called. */
function titleOf(markdown: string): string | undefined {
  return /^# (.+)/m.exec(markdown)?.[1];
}

/** Makes a module, which is named after its entry point, the page of its package. */
function describePackage({ project: { files } }: Context, module: DeclarationReflection): void {
  if (module.kind !== ReflectionKind.Module) return;
  const folder = join(root, module.name, '..');
  const file = normalizePath(join(folder, 'README.md'));
  // Without its title, which is that of the page.
  const text = readFileSync(file, 'utf8').replace(/^# .+\n/, '');
  module.name = `@depwatch/${folder.slice(folder.lastIndexOf('/') + 1)}`;
  module.readme = app.converter.parseRawComment(new MinimalSourceFile(text, file), files).content;
  // Where links to the package and to its README lead.
  files.registerReflectionPath(file, module);
  files.registerReflectionPath(normalizePath(folder), module);
}
