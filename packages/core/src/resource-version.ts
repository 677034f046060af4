/**
 * Which of two resource versions of one resource is the newer. Kubernetes orders them as decimal numbers (KEP-5504);
 * they go beyond what a JavaScript number holds, so they are compared as text.
 *
 * @returns below 0 when `a` is older, above 0 when it is newer, 0 when they are the same; undefined when one of them is
 * no decimal number, so that nothing can be said
 */
export function compareResourceVersions(
  a: string | undefined,
  b: string | undefined,
): number | undefined {
  if (a === undefined || b === undefined || !isDecimal(a) || !isDecimal(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Without leading zeros, so that the longer one is the greater one. */
function isDecimal(version: string): boolean {
  return /^[1-9][0-9]*$/.test(version);
}
