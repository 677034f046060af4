/** The paths of the keys that objects within a JSON text have twice, which JSON.parse passes over. */
export function duplicateFields(text: string): string[] {
  const found: string[] = [];
  // What is open around the position: an object with the keys so far, or an array with the index of its element.
  const open: ({ keys: Set<string>; key: string } | { index: number })[] = [];
  let expectsKey = false;
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;
  for (const [token] of text.matchAll(tokens)) {
    const around = open.at(-1);
    if (token === '{') {
      open.push({ keys: new Set(), key: '' });
      expectsKey = true;
    } else if (token === '[') {
      open.push({ index: 0 });
      expectsKey = false;
    } else if (token === '}' || token === ']') {
      open.pop();
      expectsKey = false;
    } else if (token === ',') {
      if (around && 'index' in around) around.index += 1;
      else expectsKey = true;
    } else if (token === ':') expectsKey = false;
    else if (expectsKey && around && 'keys' in around) {
      around.key = keyOf(token);
      if (around.keys.has(around.key)) found.push(pathOf(open));
      around.keys.add(around.key);
    }
  }
  return [...new Set(found)];
}

function keyOf(token: string): string {
  try {
    return JSON.parse(token) as string;
  } catch {
    return token;
  }
}

function pathOf(open: readonly ({ key: string } | { index: number })[]): string {
  return open
    .map((level) => ('index' in level ? `[${level.index}]` : `.${level.key}`))
    .join('')
    .replace(/^\./, '');
}
