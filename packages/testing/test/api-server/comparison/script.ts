import type { RawAnswer, RawClient } from '../raw-client.ts';

/** Requests of one kind, put to both servers. */
export interface Room {
  readonly name: string;
  /** By name. Each has a namespace of its own, and goes on whatever an answer is. */
  readonly scripts: Readonly<Record<string, readonly Step[]>>;
}

/**
 * A request: what is compared of its answer is what {@link essence} keeps. In path, body and headers `{ns}` is the script's
 * namespace, `{n}` a name of the step's own, `{uid of a}` and `{version of a}` what the last answer about an object named `a` said,
 * `{continue}` the token of the last list that had one.
 *
 * A body that is text or bytes is sent as it is, anything else as JSON.
 *
 * The method `UNTIL` asks with GET until the answer is `until`, and is no request that counts: the real server takes
 * note of roles and definitions a little later.
 */
export type Step = readonly [method: string, path: string, body?: unknown, options?: StepOptions];

export interface StepOptions {
  /** The body's content type. Default `application/json`. */
  readonly type?: string;
  readonly accept?: string;
  /** A user without any rights, in place of the administrator. */
  readonly as?: 'nobody';
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Compare the order of keys, too. */
  readonly order?: true;
  /** Compare managedFields, too. */
  readonly managers?: true;
  /** Compare nothing but the status and the content type. */
  readonly only?: 'status';
  /** What `UNTIL` waits for: a status, or something that the answer's text says. Default 200. */
  readonly until?: number | string;
}

/** An answer to a step. */
export interface Answer {
  readonly step: Step;
  readonly status: number;
  readonly contentType: string;
  readonly warnings: number;
  readonly retryAfter: string | undefined;
  /** Parsed: an object, the lines of a watch, or text. */
  readonly body: unknown;
}

export interface Clients {
  readonly client: RawClient;
  readonly nobody: RawClient;
}

const patienceMs = 5_000;

/** Sends a script's requests one after the other. */
export async function send(
  script: readonly Step[],
  { client, nobody }: Clients,
  namespace: string,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const known = new Map<string, { uid?: string; resourceVersion?: string }>();
  let more = '';
  const fill = (text: string): string =>
    text
      .replaceAll('{continue}', more)
      .replaceAll('{n}', `n${answers.length + 1}`)
      .replaceAll('{ns}', namespace)
      .replace(/\{uid of ([^}]+)\}/g, (_, name) => known.get(name)?.uid ?? 'unknown')
      .replace(/\{version of ([^}]+)\}/g, (_, name) => known.get(name)?.resourceVersion ?? '1');
  for (const step of script) {
    const [method, path, body, options = {}] = step;
    const { type, accept, token, headers, as } = options;
    const ask = (): Promise<RawAnswer> =>
      (as === 'nobody' ? nobody : client).request(
        method === 'UNTIL' ? 'GET' : method,
        encodeURI(fill(path)),
        {
          ...(body !== undefined && {
            body: Buffer.isBuffer(body)
              ? body
              : fill(typeof body === 'string' ? body : JSON.stringify(body)),
          }),
          ...(type && { contentType: type }),
          ...(accept && { accept }),
          ...(token !== undefined && { token }),
          ...(headers && { headers: JSON.parse(fill(JSON.stringify(headers))) }),
        },
      );
    if (method === 'UNTIL') {
      const deadline = performance.now() + patienceMs;
      const { until = 200 } = options;
      const isThere = ({ status, text }: RawAnswer): boolean =>
        typeof until === 'string' ? text.includes(until) : status === until;
      while (!isThere(await ask()) && performance.now() < deadline);
      continue;
    }
    const answer = await ask();
    const { metadata } = answer.body ?? {};
    if (metadata?.continue) more = metadata.continue;
    if (metadata?.name) known.set(metadata.name, metadata);
    answers.push({
      step,
      status: answer.status,
      contentType: answer.contentType.split(';')[0]!,
      warnings: [answer.headers['warning'] ?? []].flat().length,
      retryAfter: answer.headers['retry-after'] as string | undefined,
      body: parsed(answer),
    });
  }
  return answers;
}

/** The body of an answer: a watch's as its lines. */
function parsed({ text, body }: RawAnswer): unknown {
  const lines = text.trimEnd().split('\n');
  return lines.every((line) => line.startsWith('{"type":'))
    ? lines.map((line) => JSON.parse(line))
    : body;
}
