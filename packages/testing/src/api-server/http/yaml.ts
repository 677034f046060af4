import {
  type DocumentOptions,
  parse,
  type ParseOptions,
  type SchemaOptions,
  type ToJSOptions,
} from 'yaml';

import { checkDepth, parseJson } from './json.ts';

/** As Go's parser reads YAML: `yes` is true, but times are texts, and of keys that are there twice the last one counts. */
const yamlOptions: ParseOptions & DocumentOptions & SchemaOptions & ToJSOptions = {
  version: '1.1',
  uniqueKeys: false,
  logLevel: 'error',
  customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !isTime(tag)),
};

function isTime({ tag, format }: { readonly tag: string; readonly format?: string }): boolean {
  return tag.endsWith(':timestamp') || format === 'TIME';
}

/**
 * The value that a YAML text says, which may be JSON.
 *
 * @throws Error when it is none, or is nested deeper than 10,000 levels
 */
export function parseYaml(bytes: Buffer): unknown {
  checkDepth(bytes);
  try {
    return parseJson(bytes);
  } catch {
    return parse(bytes.toString(), yamlOptions);
  }
}
