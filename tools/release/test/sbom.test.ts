import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, expect, test } from 'vitest';

import { execute } from '../fresh-projects.ts';
import { publishedPackages, root } from '../published.ts';

/** The part of a CycloneDX document that says what a package depends on. */
interface Sbom {
  readonly metadata: { readonly component: Component };
  readonly components?: readonly Component[];
  readonly dependencies: readonly {
    readonly ref: string;
    readonly dependsOn?: readonly string[];
  }[];
}

interface Component {
  readonly 'bom-ref': string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
}

const nameOf = ({ group, name }: Component) => (group ? `${group}/${name}` : name);

beforeAll(async () => {
  await execute('npm', ['run', 'sbom']);
}, 120_000);

test.each(publishedPackages())('the SBOM of $name names what it depends on', (published) => {
  const { name, manifest } = published;
  const file = join(root, `sbom/depwatch-${name}.cdx.json`);
  const {
    metadata,
    components = [],
    dependencies,
  } = JSON.parse(readFileSync(file, 'utf8')) as Sbom;
  expect(nameOf(metadata.component)).toBe(manifest.name);
  expect(metadata.component.version).toBe(manifest.version);

  const direct = dependencies.find(({ ref }) => ref === metadata.component['bom-ref'])?.dependsOn;
  const names = (direct ?? []).map((ref) => {
    return nameOf(components.find((component) => component['bom-ref'] === ref)!);
  });
  expect(names.toSorted()).toEqual(Object.keys(manifest.dependencies ?? {}).toSorted());
  // What is only developed with is not among what comes along, either.
  expect(components.map(nameOf)).not.toContain('fast-check');
});
