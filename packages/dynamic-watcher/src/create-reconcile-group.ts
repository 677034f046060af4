import { checkLoopOptions } from './check-options.ts';
import type { ReconcileGroupOptions } from './options.ts';
import { LoopGroup, type ReconcileGroup } from './reconcile/reconcile-group.ts';

/**
 * Makes a {@link ReconcileGroup}.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function createReconcileGroup(options: ReconcileGroupOptions): ReconcileGroup {
  checkLoopOptions(options);
  return new LoopGroup(options);
}
