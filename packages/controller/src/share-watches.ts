import type { Logger } from '@depwatch/core';
import type { ClusterWatches } from './cluster-watches.ts';
import type { Controller } from './controller.ts';
import { KindController } from './create-controller.ts';

/**
 * Has controllers that haven't started watch together those that go to one API server: what several of them read is watched
 * once and kept once. Those whose settings of watches differ go on apart, and the log says by which one.
 */
export function shareWatches(controllers: readonly Controller[], logger: Logger): void {
  const known: ClusterWatches[] = [];
  for (const controller of controllers) {
    if (!(controller instanceof KindController) || controller.hasStarted) continue;
    const { cluster } = controller;
    const differences = known.map((one) => one.differsIn(cluster));
    const same = differences.indexOf(undefined);
    if (same >= 0) {
      controller.cluster = known[same]!;
      continue;
    }
    known.push(cluster);
    const setting = differences.find((one) => one !== 'kubeConfig' && one !== 'transport');
    if (setting) {
      const { kind } = controller.kind;
      logger.info(
        { kind, setting },
        'a controller has watches of its own, since a setting differs',
      );
    }
  }
}
