import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';

import { DepwatchModule } from './depwatch.module.ts';
import { GreetingController } from './greeting.controller.ts';
import { GreetingReconciler } from './greeting.reconciler.ts';
import { GreetingService } from './greeting.service.ts';
import { HealthController } from './health.controller.ts';

@Module({
  imports: [
    // With `imports` and `inject` beside `useFactory`, the options may come from a ConfigService of yours.
    DepwatchModule.forRootAsync({
      useFactory: () => ({ enableCache: true, reconciler: GreetingReconciler }),
    }),
    TerminusModule,
  ],
  controllers: [GreetingController, HealthController],
  providers: [GreetingService, GreetingReconciler],
})
export class AppModule {}
