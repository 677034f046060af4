import {
  ConfigurableModuleBuilder,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import {
  createDynamicWatcher,
  type DynamicWatcher,
  type DynamicWatcherSettings,
  type KubeConfigLike,
  type Reconciler,
  type Transport,
} from '@depwatch/dynamic-watcher';

import { DepwatchHealthIndicator } from './depwatch.health.ts';
import { DYNAMIC_WATCHER } from './depwatch.tokens.ts';

/** The options of createDynamicWatcher, with a class of the application for the reconciler. */
export type DepwatchModuleOptions = Omit<DynamicWatcherSettings, 'reconciler'> &
  ({ kubeConfig?: KubeConfigLike } | { transport: Transport }) & {
    /** A provider of any module. It may inject whatever it needs, the dynamic watcher included. */
    reconciler: Type<Reconciler>;
  };

// Gives the module its forRoot() and forRootAsync().
const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<DepwatchModuleOptions>().setClassMethodName('forRoot').build();

/** The token of the options, for tests that override them. */
export const DEPWATCH_OPTIONS = MODULE_OPTIONS_TOKEN;

/** One dynamic watcher, which starts and stops with the application. */
@Module({
  imports: [TerminusModule],
  providers: [
    {
      provide: DYNAMIC_WATCHER,
      inject: [DEPWATCH_OPTIONS, ModuleRef],
      useFactory: ({ reconciler, ...options }: DepwatchModuleOptions, moduleRef: ModuleRef) =>
        createDynamicWatcher({
          ...options,
          // Looked up when it is called, since the reconciler may in turn need what is made here.
          reconciler: (watcher, context) =>
            moduleRef.get(reconciler, { strict: false }).reconcile(watcher, context),
        }),
    },
    DepwatchHealthIndicator,
  ],
  exports: [DYNAMIC_WATCHER, DepwatchHealthIndicator],
})
export class DepwatchModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationShutdown
{
  constructor(@Inject(DYNAMIC_WATCHER) private readonly dynamicWatcher: DynamicWatcher) {
    super();
  }

  /**
   * Starts it, which does not wait for the API server. All modules are initialised before the first
   * onApplicationBootstrap() runs, so that is where the others may begin to use it.
   */
  async onModuleInit(): Promise<void> {
    await this.dynamicWatcher.start();
  }

  /** Stops it, and lets the reconciles that are running end. Nest comes here after it has closed the HTTP server. */
  async onApplicationShutdown(): Promise<void> {
    await this.dynamicWatcher.stop();
    await this.dynamicWatcher.stopped;
  }
}
