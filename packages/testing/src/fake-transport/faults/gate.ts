import { abortedError } from '@depwatch/core';

/** Something that waits for a call of `open()`. */
export class Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.opened = promise;
    this.open = resolve;
  }
}

/**
 * Waits for a gate, or for a signal.
 *
 * @throws DepwatchError what the signal was aborted with
 */
export async function untilOpened(gate: Gate, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return gate.opened;
  if (signal.aborted) throw abortedError(signal);
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(abortedError(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([gate.opened, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
