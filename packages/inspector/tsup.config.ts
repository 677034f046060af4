import { defineConfig, type Options } from 'tsup';
import { presetOptions } from '../../tools/tsup.preset.ts';
import { bundlePage } from './page/bundle.ts';

/** Puts the page, made once, in the place of what makes it. */
const inlinePage: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'inline-page',
  setup(build) {
    build.onLoad({ filter: /src[/\\]page\.ts$/ }, async () => ({
      contents: `export const page = ${JSON.stringify(await bundlePage())};`,
    }));
  },
};

export default defineConfig({
  ...presetOptions(['src/index.ts']),
  esbuildPlugins: [inlinePage],
});
