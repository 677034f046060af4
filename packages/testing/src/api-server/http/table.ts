import { ageOf, type Column, columnsOf, type PrinterColumn } from '../kinds/columns.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { type ApiObject, asJsonObject, asText, isJsonObject } from './api-object.ts';

/**
 * The objects as a Table of meta.k8s.io/v1, which is what kubectl prints. Descriptions of columns are left empty.
 *
 * @param printed the columns of a definition; none for built-in kinds
 */
export function tableOf(
  type: ResourceType,
  objects: readonly ApiObject[],
  metadata: object,
  printed: readonly PrinterColumn[] | undefined,
  now: Date,
): object {
  const columns: readonly Column[] = [
    { name: 'Name', cell: (object) => object.metadata.name },
    ...(type.custom ? customColumns(printed) : columnsOf(type.kind)),
  ];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type: kind = 'string', wide }, index) => ({
      name,
      type: kind,
      format: index === 0 ? 'name' : '',
      description: '',
      priority: wide ? 1 : 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, now) ?? null),
      object: {
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: object.metadata,
      },
    })),
  };
}

const age: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
};

function customColumns(printed: readonly PrinterColumn[] = [age]): Column[] {
  return printed.map(({ name, type, priority = 0, jsonPath }) => ({
    name,
    type,
    ...(priority > 0 && { wide: true as const }),
    cell(object, now) {
      const value = at(object, jsonPath);
      return type === 'date' && typeof value === 'string'
        ? ageOf({ creationTimestamp: value }, now)
        : value;
    },
  }));
}

/** The value at a JSON path of fields, indexes and filters such as `.status.conditions[?(@.type=="Ready")].status`. */
function at(object: unknown, path: string): unknown {
  const steps = path.match(/[^.[\]]+|\[\?\(@\.[^\]]+\)\]|\[\d+\]/g) ?? [];
  return steps.reduce<unknown>((value, step) => {
    const [, field, wanted] = /^\[\?\(@\.(\w+)\s*==\s*["']([^"']*)["']\)\]$/.exec(step) ?? [];
    if (field !== undefined) {
      const list: unknown[] = Array.isArray(value) ? value : [];
      return list.find((item) => asText(asJsonObject(item)[field]) === wanted);
    }
    if (step.startsWith('['))
      return Array.isArray(value) ? value[Number(step.slice(1, -1))] : undefined;
    return isJsonObject(value) ? value[step] : undefined;
  }, object);
}
