/**
 * Freezes `value` and all that it holds, in place, and returns it. It uses no recursion, so that hostile depth costs
 * memory and not the stack; cycles end. What is frozen already is looked into as well: freezing is shallow, so it says
 * nothing of what is inside.
 */
export function deepFreeze<T>(value: T): T {
  if (!isObject(value)) return value;
  const pending: object[] = [value];
  let frozenBefore: Set<object> | undefined;
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (Object.isFrozen(next)) {
      frozenBefore ??= new Set();
      if (frozenBefore.has(next)) continue;
      frozenBefore.add(next);
    } else {
      Object.freeze(next);
    }
    pushObjectsIn(next, pending);
  }
  return value;
}

/** By key, which takes half the time of iterating over `Object.values`: every event pays it. */
function pushObjectsIn(holder: object, pending: object[]): void {
  if (Array.isArray(holder)) {
    for (const child of holder as readonly unknown[]) if (isObject(child)) pending.push(child);
    return;
  }
  const fields = holder as { readonly [key: string]: unknown };
  for (const key of Object.keys(fields)) {
    const child = fields[key];
    if (isObject(child)) pending.push(child);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
