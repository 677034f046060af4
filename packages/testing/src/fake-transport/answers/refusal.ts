import type { KubernetesStatus } from '@depwatch/core';

/** What a request is refused with. */
export class Refusal extends Error {
  readonly status: KubernetesStatus;

  constructor(status: KubernetesStatus) {
    super(status.message);
    this.status = status;
  }
}
