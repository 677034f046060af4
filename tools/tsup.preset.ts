import { defineConfig, type Options } from 'tsup';

/**
 * The one way a package is built: ES modules with declarations, nothing bundled in.
 *
 * @param entry - the package's entry files, from its folder
 */
export function preset(...entry: string[]) {
  return defineConfig(presetOptions(entry));
}

/** What {@link preset} sets, for a package that needs one thing more. */
export function presetOptions(entry: string[]): Options {
  return {
    entry,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    dts: true,
    sourcemap: true,
    clean: true,
  };
}
