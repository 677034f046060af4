import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { formatObjectIdentifier, type DynamicWatcher } from '@depwatch/dynamic-watcher';

import { DYNAMIC_WATCHER } from './depwatch.tokens.ts';

/**
 * Down while something that is watched may be out of date, which is a matter of readiness: what is not live heals by
 * itself as soon as it can, and restarting the process would not help.
 */
@Injectable()
export class DepwatchHealthIndicator {
  constructor(
    @Inject(DYNAMIC_WATCHER) private readonly dynamicWatcher: DynamicWatcher,
    @Inject(HealthIndicatorService) private readonly health: HealthIndicatorService,
  ) {}

  check(key: string): HealthIndicatorResult {
    const indicator = this.health.check(key);
    const watches = this.dynamicWatcher.watchStatus();
    // In this application there is always something to watch. Where there need not be, leave the condition out.
    if (watches.length === 0) return indicator.down('nothing is watched yet');
    const outOfDate = watches.filter(({ state }) => state !== 'live');
    if (outOfDate.length === 0) return indicator.up({ watches: watches.length });
    return indicator.down({
      watches: watches.length,
      outOfDate: outOfDate.map(({ watched, state, lastError }) => ({
        watched: formatObjectIdentifier(watched),
        state,
        error: lastError?.code,
      })),
    });
  }
}
