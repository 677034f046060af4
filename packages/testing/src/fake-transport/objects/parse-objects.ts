import { invalidInput, type KubernetesObject } from '@depwatch/core';
import { type Document, LineCounter, parseAllDocuments, type Tags } from 'yaml';

import { isDefinition } from '../kinds/custom-resources.ts';

/** Objects as a test writes them down: plain ones, and YAML text with one or several of them. */
export type ObjectsInput = string | readonly (string | KubernetesObject)[];

/**
 * The objects in what a test wrote down, those that define kinds first. Lists are unfolded.
 *
 * @throws DepwatchError ERR_INVALID_INPUT with the line where the text is no YAML
 */
export function parseObjects(given: ObjectsInput): KubernetesObject[] {
  if (typeof given !== 'string' && !Array.isArray(given)) {
    throw invalidInput('objects: must be a list of objects, or YAML text');
  }
  const inputs = typeof given === 'string' ? [given] : (given as (string | KubernetesObject)[]);
  const objects = inputs
    .flatMap((input) => (typeof input === 'string' ? parseYaml(input) : [input]))
    .flatMap((object) => unfold(checked(object)));
  return objects.toSorted((a, b) => Number(isDefinition(b)) - Number(isDefinition(a)));
}

// As kubectl reads it: `yes` is true and 0777 is octal, and yet dates are strings and 1:30 is no number.
const foreign = new Set(['!!timestamp', 'tag:yaml.org,2002:timestamp']);
const withoutDates = (tags: Tags): Tags =>
  tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      (!foreign.has(tag.tag) && (!('format' in tag) || tag.format !== 'TIME')),
  );

function parseYaml(text: string): unknown[] {
  const lineCounter = new LineCounter();
  const options = { version: '1.1', customTags: withoutDates, lineCounter } as const;
  const documents = parseAllDocuments(text, { ...options, prettyErrors: false });
  if ('empty' in documents) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    // Without the text, which may be a Secret's.
    if (error) {
      const { line } = lineCounter.linePos(error.pos[0]);
      throw invalidInput(`objects: line ${line} is no YAML (${error.code})`);
    }
    const value = valueOf(document);
    return value === null || value === undefined ? [] : [value];
  });
}

function valueOf(document: Document): unknown {
  try {
    return document.toJS() as unknown;
  } catch {
    throw invalidInput('objects: an alias of the YAML leads nowhere, or too far');
  }
}

function checked(object: unknown): KubernetesObject {
  if (typeof object === 'object' && object !== null && !Array.isArray(object)) return object;
  throw invalidInput('objects: each must be an object with apiVersion, kind and metadata');
}

function unfold(object: KubernetesObject): KubernetesObject[] {
  const { apiVersion, kind } = object;
  const items: unknown = 'items' in object ? object.items : undefined;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [object];
  // The items of a list of one kind may leave out what the list says.
  const common =
    kind === 'List' ? {} : { ...(apiVersion && { apiVersion }), kind: kind.replace(/List$/, '') };
  return items.flatMap((item) => unfold({ ...common, ...checked(item) }));
}
