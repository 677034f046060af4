/** The most that a package may weigh, minified and gzipped without what it depends on. kB of 1,000 bytes. */
const budgets: Readonly<Record<string, number>> = {
  'adapter-*': 3,
  cache: 4,
  controller: 11.5,
  core: 21.5,
  'dynamic-watcher': 39,
  inspector: 25,
  'k8s-transport': 22,
  queue: 4,
  reloader: 9,
  replicas: 8,
  testing: 130,
};

/** The budget of a package in kB; undefined if nobody has set one. */
export function budgetOf(name: string): number | undefined {
  return budgets[name.replace(/^adapter-.+$/, 'adapter-*')];
}

/** What every tarball holds. */
const files = [
  'LICENSE',
  'README.md',
  'package.json',
  'dist/index.d.ts',
  'dist/index.js',
  'dist/index.js.map',
];

const moreFiles: Readonly<Record<string, readonly string[]>> = {
  'adapter-prometheus': ['alerts/depwatch.yaml', 'grafana/depwatch.json'],
  reloader: [
    'dist/{chunk,demo,reloader}-*.js',
    'dist/{chunk,demo,reloader}-*.js.map',
    'dist/cli.d.ts',
    'dist/cli.js',
    'dist/cli.js.map',
    'manifests/cluster-wide.yaml',
    'manifests/demo.yaml',
    'manifests/namespaced.yaml',
  ],
};

/** The patterns of the files that a package publishes: all of them, and nothing else. */
export function filesOf(name: string): readonly string[] {
  return [...files, ...(moreFiles[name] ?? [])];
}
