import { AssertionError } from 'node:assert/strict';

/**
 * What `promise` settles with.
 *
 * @throws AssertionError when that takes longer than `ms` milliseconds
 */
export async function within<T>(promise: Promise<T>, ms: number, what: () => string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new AssertionError({ message: `waited ${ms} ms for ${what()}` }));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
