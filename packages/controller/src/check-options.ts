import { checkMethods, checkRecord, invalidInput, validateQuery } from '@depwatch/core';
import type { ControllerOptions } from './options.ts';

/** As Kubernetes asks of what stands in metadata.finalizers: a domain, a slash, and a name. */
const qualifiedName =
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** What may stand in managedFields, and as the controller that reports an event. */
const managerName = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/**
 * Checks what types can't, of what the dynamic watcher doesn't check.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function checkControllerOptions(options: ControllerOptions): void {
  checkRecord('options', options, 'an object with kind and reconcile');
  const { kind, namespaces, selector, owns, finalizer, wakeOn, fieldManager, ownership } = options;
  checkKind('kind', kind);
  if (namespaces !== undefined && !isTexts(namespaces)) {
    throw invalidInput('namespaces: expected at least one name; leave it out for all');
  }
  named('selector', () => validateQuery({ ...kind, ...(selector !== undefined && { selector }) }));
  checkFunction('reconcile', options.reconcile);
  if (options.removed !== undefined) checkFunction('removed', options.removed);
  if (owns !== undefined && !Array.isArray(owns))
    throw invalidInput('owns: expected a list of kinds');
  owns?.forEach((one, index) => checkKind(`owns[${index}]`, one));
  if (finalizer !== undefined) {
    const name: unknown = finalizer?.name;
    if (typeof name !== 'string' || !qualifiedName.test(name)) {
      throw invalidInput(
        'finalizer.name: expected a domain and a name, such as "example.com/widgets"',
      );
    }
    checkFunction('finalizer.run', finalizer.run);
  }
  if (
    !(
      wakeOn === undefined ||
      wakeOn === 'generation' ||
      wakeOn === 'any' ||
      typeof wakeOn === 'function'
    )
  ) {
    throw invalidInput("wakeOn: expected 'generation', 'any' or a function");
  }
  if (fieldManager !== undefined && !isManagerName(fieldManager)) {
    throw invalidInput("fieldManager: expected 1 to 63 letters, digits, '-', '_' and '.'");
  }
  if (ownership !== undefined) checkMethods('ownership', ownership, ['owns', 'onChange']);
  checkCluster(options);
}

function isManagerName(value: unknown): boolean {
  return typeof value === 'string' && managerName.test(value);
}

const writing = ['get', 'create', 'update', 'patch', 'apply', 'delete'] as const;

function checkCluster({ kubeConfig, transport }: ControllerOptions): void {
  if (kubeConfig !== undefined && transport !== undefined) {
    throw invalidInput('kubeConfig, transport: give one of them at most');
  }
  if (kubeConfig !== undefined && typeof kubeConfig?.getCurrentCluster !== 'function') {
    throw invalidInput(
      'kubeConfig: expected what loadKubeConfig() of @depwatch/k8s-transport gives, or a KubeConfig of client-node',
    );
  }
  if (transport === undefined) return;
  checkRecord('transport', transport, 'one that writes, too');
  const missing = writing.find((method) => typeof transport[method] !== 'function');
  if (missing) {
    throw invalidInput(`transport: expected one that writes, too; ${missing} is no function`);
  }
}

function checkKind(option: string, kind: unknown): void {
  named(option, () => validateQuery(kind as never));
  const { name, namespace, selector } = kind as Record<string, unknown>;
  if (name || namespace || selector) {
    throw invalidInput(`${option}: expected a group, a version and a kind alone`);
  }
}

function checkFunction(option: string, value: unknown): void {
  if (typeof value !== 'function') throw invalidInput(`${option}: expected a function`);
}

function isTexts(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => typeof one === 'string' && one !== '')
  );
}

function named(option: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw invalidInput(`${option}: ${(error as Error).message}`, error);
  }
}
