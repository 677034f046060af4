import { RawClient } from '../raw-client.ts';
import { differences, essences } from './essence.ts';
import { type Room, send, type Step } from './script.ts';

/** What a server is asked with. */
export interface Server {
  readonly kubeConfig: string;
  kubeConfigFor(user: string): string;
}

/** A request, and where the answers to it differ. */
export interface Comparison {
  /** `room: script, number`; the number counts the requests of the script from 1. */
  readonly id: string;
  readonly room: string;
  /** Method and path, as the script has them. */
  readonly request: string;
  /** Lines `path: the real server's, not the own`; empty: the answers are alike. */
  readonly differences: readonly string[];
}

// A watch lasts a second, so several scripts at a time; not all, for the machine's sake.
const atOnce = 4;

/** Puts all requests of all rooms to both servers. */
export async function compare(
  real: Server,
  own: Server,
  rooms: readonly Room[],
): Promise<Comparison[]> {
  const scripts = rooms.flatMap((room) =>
    Object.entries(room.scripts).map(([name, steps]) => ({ room: room.name, name, steps })),
  );
  const results: Comparison[][] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < scripts.length; index = next++) {
      const { room, name, steps } = scripts[index]!;
      const namespace = `script-${index}`;
      const [expected, actual] = await Promise.all([
        ask(real, steps, namespace),
        ask(own, steps, namespace),
      ]);
      results[index] = steps
        .filter(([method]) => method !== 'UNTIL')
        .map(([method, path], at) => ({
          id: `${room}: ${name}, ${at + 1}`,
          room,
          request: `${method} ${path}`,
          differences: differences(expected[at], actual[at]),
        }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results.flat();
}

async function ask(
  { kubeConfig, kubeConfigFor }: Server,
  steps: readonly Step[],
  namespace: string,
): Promise<unknown[]> {
  await using client = new RawClient(kubeConfig);
  await using nobody = new RawClient(kubeConfigFor('nobody'));
  await client.post('/api/v1/namespaces', { metadata: { name: namespace } });
  return essences(await send(steps, { client, nobody }, namespace), namespace);
}

/** A request and where its answers differ, over several lines. */
export function describeComparison({ id, request, differences }: Comparison): string {
  return [id, request, ...differences].join('\n  ');
}

/** How many requests were sent, and how many were answered differently: in all, and by room. */
export function tally(comparisons: readonly Comparison[]): string {
  const rows = [...Map.groupBy(comparisons, ({ room }) => room), ['all', comparisons] as const];
  return rows
    .map(([room, those]) => {
      const differing = those.filter((one) => one.differences.length > 0).length;
      return `${room.padEnd(16)} ${String(those.length).padStart(4)} requests ${String(differing).padStart(4)} differ`;
    })
    .join('\n');
}
