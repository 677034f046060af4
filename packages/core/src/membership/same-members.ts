/** Whether two memberships, in order, are the same; each step of a replica asks for each of the others. */
export function sameMembers(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): boolean {
  if (one === other) return true;
  if (!one || one.length !== other?.length) return false;
  return one.every((member, index) => member === other[index]);
}
