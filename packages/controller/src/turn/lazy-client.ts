import type { ObjectClient } from '@depwatch/core';

/**
 * A client that is made by its first call: most reconciles of an object that is as it should be write nothing, and a client of
 * their own, with what ends it, would be a fifth of what they take.
 */
export function lazyClient(make: () => ObjectClient): ObjectClient {
  let made: ObjectClient | undefined;
  const client = (): ObjectClient => (made ??= make());
  return {
    get: (id, options) => client().get(id, options),
    create: (object, options) => client().create(object, options),
    update: (object, options) => client().update(object, options),
    patch: (id, patch, options) => client().patch(id, patch, options),
    apply: (object, options) => client().apply(object, options),
    delete: (id, options) => client().delete(id, options),
  };
}
