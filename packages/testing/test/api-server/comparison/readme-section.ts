import type { Gap } from './known-differences.ts';
import type { Room } from './script.ts';

const begin = '<!-- From test/api-server/comparison/known-differences.ts -->';
const end = '<!-- To here -->';

/** A README with the list between its two marks made anew. */
export function withGaps(readme: string, gaps: readonly Gap[], rooms: readonly Room[]): string {
  const [before, rest] = split(readme, begin);
  const [, after] = split(rest, end);
  const sent = rooms
    .flatMap(({ scripts }) => Object.values(scripts).flat())
    .filter(([method]) => method !== 'UNTIL').length;
  const differing = gaps.flatMap(({ requests }) => requests).length;
  const list = gaps.map(({ says, requests }) => `- ${says} (${requests.length})`).join('\n');
  const intro = `Of ${sent} requests that controllers' tests are likely to send, ${differing} get another answer than from a kube-apiserver\n1.36, with words left aside:`;
  return `${before}${begin}\n\n${intro}\n\n${list}\n\n${end}${after}`;
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`the README has no ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
