import { createRequire } from 'node:module';

import type * as CelLibrary from '@marcbachmann/cel-js';

import { celName, type CelReaders, withResourceFields } from './cel-values.ts';
import { registerFunctions } from './cel-functions.ts';
import { registerPresence, withPresence } from './cel-presence.ts';
import { additionalOf, itemsOf, type Schema } from '../schema.ts';

export interface Cel {
  /**
   * Evaluates an expression on values, whatever their types.
   *
   * @throws Error when it can't be
   */
  evaluate(expression: string, context: Record<string, unknown>): unknown;
  readonly readers: CelReaders;
  /** An environment that knows the types of `self` and `oldSelf`, to find the faults of rules before they run. */
  checking(self: Schema, isRoot: boolean, optionalOldSelf: boolean): CelLibrary.Environment;
  /** `oldSelf` of a rule that also runs where there is none. */
  optional(value: unknown): unknown;
}

let loaded: Cel | undefined;

/** The library of the Common Expression Language; it is loaded with the first rule. */
export function cel(): Cel {
  return (loaded ??= load());
}

function load(): Cel {
  const library = createRequire(import.meta.url)('@marcbachmann/cel-js') as typeof CelLibrary;
  const base = (): CelLibrary.Environment => {
    const environment = new library.Environment({
      enableOptionalTypes: true,
      homogeneousAggregateLiterals: false,
    });
    registerFunctions(environment);
    registerPresence(environment);
    return environment;
  };
  const evaluating = base().registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn');
  const read = (name: string): ((text: string) => unknown) => {
    const expression = evaluating.parse(`${name}(self)`);
    return (text) => expression({ self: text });
  };
  const parsed = new Map<string, CelLibrary.ParseResult>();
  return {
    evaluate(expression, context) {
      let run = parsed.get(expression);
      if (!run) parsed.set(expression, (run = evaluating.parse(withPresence(expression))));
      return run(context) as unknown;
    },
    readers: { duration: read('duration'), timestamp: read('timestamp') },
    checking(self, isRoot, optionalOldSelf) {
      const environment = base();
      const types = new TypeNames(environment);
      const type = types.of(isRoot ? withResourceFields(self) : self);
      return environment
        .registerVariable('self', type)
        .registerVariable('oldSelf', optionalOldSelf ? `optional<${type}>` : type);
    },
    optional: (value) =>
      value === undefined ? library.Optional.none() : library.Optional.of(value),
  };
}

/** Names for the types of a schema, objects among them each with a type of its own. */
class TypeNames {
  readonly #environment: CelLibrary.Environment;
  #objects = 0;

  constructor(environment: CelLibrary.Environment) {
    this.#environment = environment;
  }

  of(schema: Schema | undefined): string {
    if (!schema || schema.nullable || schema['x-kubernetes-int-or-string']) return 'dyn';
    switch (schema.type) {
      case 'integer':
        return 'int';
      case 'number':
        return 'double';
      case 'boolean':
        return 'bool';
      case 'string':
        return textType(schema.format);
      case 'array':
        return `list<${this.of(itemsOf(schema))}>`;
      case 'object':
        return this.#objectType(schema);
      default:
        return 'dyn';
    }
  }

  #objectType(schema: Schema): string {
    const { properties } = schema;
    if (!properties) {
      const additional = additionalOf(schema);
      return additional ? `map<string, ${this.of(additional)}>` : 'dyn';
    }
    const known = schema['x-kubernetes-embedded-resource']
      ? withResourceFields(schema).properties!
      : properties;
    const fields = Object.entries(known).flatMap(([name, property]) => {
      const seen = celName(name);
      return seen === undefined ? [] : [[seen, this.of(property)] as const];
    });
    const type = `object${++this.#objects}`;
    this.#environment.registerType(type, { fields: Object.fromEntries(fields) });
    return type;
  }
}

function textType(format: string | undefined): string {
  switch (format) {
    case 'byte':
      return 'bytes';
    case 'duration':
      return 'google.protobuf.Duration';
    case 'date':
    case 'date-time':
    case 'datetime':
      return 'google.protobuf.Timestamp';
    default:
      return 'string';
  }
}
