import type { ASTNode, Environment } from '@marcbachmann/cel-js';

const literalOrHas = /("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\bhas\(/g;

/**
 * An expression whose `has` is {@link registerPresence}'s: the library's own refuses elements of lists on the way to the
 * field, and takes fields that there can't be.
 */
export function withPresence(expression: string): string {
  return expression.replaceAll(literalOrHas, (_match, literal?: string) => literal ?? 'presence(');
}

/** What the library hands to a macro, as far as this one goes. */
interface Evaluator {
  run(node: ASTNode, context: unknown): unknown;
}

interface Checker {
  check(node: ASTNode, context: unknown): unknown;
  getType(name: string): unknown;
  createError(code: string, message: string, node: ASTNode): Error;
}

/** `presence(a.b)`: whether `a`, which must be there, has a field `b`. */
export function registerPresence(environment: Environment): void {
  environment.registerFunction('presence(ast): bool', (({ args }: { args: [ASTNode] }) => ({
    typeCheck(checker: Checker, _macro: unknown, context: unknown) {
      if (args[0].op !== '.') {
        throw checker.createError(
          'invalid_macro_argument',
          'invalid argument to has() macro',
          args[0],
        );
      }
      checker.check(args[0], context);
      return checker.getType('bool');
    },
    evaluate(evaluator: Evaluator, _macro: unknown, context: unknown) {
      const [receiver, name] = args[0].args as [ASTNode, string];
      const object = evaluator.run(receiver, context);
      return object instanceof Map && object.has(name);
    },
  })) as never);
}
