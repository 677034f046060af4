import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { V1ConfigMap } from '@kubernetes/client-node';
import type { DynamicWatcher, ObjectIdentifier, Reconciler } from '@depwatch/dynamic-watcher';

import { DYNAMIC_WATCHER } from './depwatch.tokens.ts';
import { GreetingService } from './greeting.service.ts';

/** Who depends on the ConfigMap: this application itself. It need not exist under that name. */
const self = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  namespace: 'default',
  name: 'greeter',
};
const config = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'greeting' };

/** Keeps what the application says in step with a ConfigMap. */
@Injectable()
export class GreetingReconciler implements Reconciler, OnApplicationBootstrap {
  private readonly logger = new Logger(GreetingReconciler.name);

  // The tokens are named, so that no metadata of types is needed: any transpiler will do.
  constructor(
    @Inject(DYNAMIC_WATCHER) private readonly dynamicWatcher: DynamicWatcher,
    @Inject(GreetingService) private readonly greeting: GreetingService,
  ) {}

  /** The first reconcile. All others come from what is watched. */
  onApplicationBootstrap(): void {
    this.dynamicWatcher.enqueue(self);
  }

  /** When this throws, because the API server can't be reached, say, it is called again, later and later. */
  async reconcile(watcher: ObjectIdentifier): Promise<void> {
    // What is asked for within the batch is watched from then on, and calls this again when it changes.
    await this.dynamicWatcher.queryBatch(watcher, async (batch) => {
      const found = await batch.get<V1ConfigMap>(config);
      this.greeting.text = found?.data?.['text'] ?? 'Hello';
    });
    this.logger.log(`the greeting is: ${this.greeting.text}`);
  }
}
