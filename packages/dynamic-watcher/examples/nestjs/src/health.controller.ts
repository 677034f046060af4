import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';

import { DepwatchHealthIndicator } from './depwatch.health.ts';

/** 200 while all is well, 503 while it isn't: for a readiness probe. */
@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(DepwatchHealthIndicator) private readonly depwatch: DepwatchHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.depwatch.check('depwatch')]);
  }
}
