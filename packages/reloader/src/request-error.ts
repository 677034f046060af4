import { ApiException } from '@kubernetes/client-node';

/**
 * A request to the API server that failed. It has no cause and quotes no answer but the message of a Status, which is
 * the API server's own: client-node's errors hold whole answers, and those of the JSON parser pieces of them, which
 * could be a Secret.
 */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** The HTTP status; absent when there was no answer. */
  declare readonly status?: number;

  constructor(message: string, status?: number) {
    super(message);
    if (status !== undefined) this.status = status;
  }

  /**
   * @param request what was asked, for people: `read of secret demo/db`
   * @param error what client-node threw
   */
  static from(request: string, error: unknown): RequestError {
    if (error instanceof ApiException) {
      const status = readStatus(error.body);
      const said = status.message ?? status.reason;
      return new RequestError(
        `${request}: the API server answered ${error.code}${said ? `: ${said}` : ''}`,
        error.code,
      );
    }
    return new RequestError(`${request}: ${describe(error)}`);
  }
}

function readStatus(body: unknown): { message?: string; reason?: string } {
  try {
    const parsed: unknown = typeof body === 'string' ? JSON.parse(body) : body;
    if (typeof parsed !== 'object' || parsed === null) return {};
    const { kind, message, reason } = parsed as Record<string, unknown>;
    if (kind !== 'Status') return {};
    return {
      ...(typeof message === 'string' && { message }),
      ...(typeof reason === 'string' && { reason }),
    };
  } catch {
    return {};
  }
}

/** What went wrong with the connection: the innermost code that is known, never a message of unknown making. */
function describe(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current.name === 'AbortError') return 'it was aborted';
    if (current.name === 'TimeoutError') return 'no answer in time';
    if ('code' in current && typeof current.code === 'string') return `failed with ${current.code}`;
    if (current instanceof SyntaxError) return 'the answer was not JSON';
  }
  return 'failed';
}
