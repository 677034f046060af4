import type { Socket } from 'node:net';

/** Resolves when `socket` has emitted `event`; destroys it when it can't or need not any more. */
export function opened(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown) => {
      signal.removeEventListener('abort', onAbort);
      socket.off(event, onOpen).off('error', settle).off('close', onClose);
      if (error === undefined) return resolve();
      socket.on('error', () => {}).destroy();
      reject(error as Error);
    };
    const onOpen = () => settle();
    const onAbort = () => settle(signal.reason);
    const onClose = () => settle(new Error('the connection was closed before it was established'));
    socket.on(event, onOpen).on('error', settle).on('close', onClose);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}
