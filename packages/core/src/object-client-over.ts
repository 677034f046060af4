import { isDepwatchError } from './errors.ts';
import {
  applyCall,
  createCall,
  deleteCall,
  getCall,
  patchCall,
  updateCall,
  type ObjectCall,
} from './object-call.ts';
import type { ObjectClient } from './ports/object-client.ts';

/**
 * An ObjectClient over a function that has one call answered. What can't be asked is refused here, with
 * ERR_INVALID_INPUT, before anything is sent.
 *
 * @param send answers with the object that the server answers with, and throws a DepwatchError for what it refuses, as
 *   `errorFromObjectStatus` makes it
 */
export function objectClientOver(send: (call: ObjectCall) => Promise<object>): ObjectClient {
  // What comes back is of the type that the caller says; `never` fits all.
  const ask = send as (call: ObjectCall) => Promise<never>;
  return {
    get: async (id, options) => unlessMissing(ask(getCall(id, options))),
    create: async (object, options) => ask(createCall(object, options)),
    update: async (object, options) => ask(updateCall(object, options)),
    patch: async (id, patch, options) => ask(patchCall(id, patch, options)),
    apply: async (object, options) => ask(applyCall(object, options)),
    // The answer may be the whole object, a Secret's data and all.
    delete: async (id, options) => {
      await unlessMissing(ask(deleteCall(id, options)));
    },
  };
}

async function unlessMissing(answer: Promise<never>): Promise<undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isDepwatchError(error, 'ERR_NOT_FOUND')) return undefined;
    throw error;
  }
}
