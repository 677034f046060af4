/** A part of the navigation, with the guides that stand in it. */
export interface Section {
  readonly name: string;
  /** Paths from the repository's root, in order. */
  readonly guides: readonly string[];
}

/**
 * The guides as a README lists them under `## Guides`: a line with a name, then a list of links to each name's guides.
 *
 * @throws Error where there are none
 */
export function sectionsOf(readme: string): readonly Section[] {
  const list = /^## Guides\n(.*?)(?=^## |$(?![^]))/ms.exec(readme)?.[1] ?? '';
  const sections: { name: string; guides: string[] }[] = [];
  for (const line of list.split('\n')) {
    const guide = /^- \[[^\]]+\]\((packages\/[\w-]+\/docs\/[\w-]+\.md)\)/.exec(line)?.[1];
    if (guide) sections.at(-1)?.guides.push(guide);
    else if (/^[A-Z]\w+$/.test(line)) sections.push({ name: line, guides: [] });
  }
  if (sections.length === 0) throw new Error('the README lists no guides');
  return sections;
}
