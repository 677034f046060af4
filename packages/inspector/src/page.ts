import { bundlePage, type Page } from '../page/bundle.ts';

/** The page, bundled where the sources run; in what is published this module holds the result (see tsup.config.ts). */
export const page: Page = await bundlePage();
