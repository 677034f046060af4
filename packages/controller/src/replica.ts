import type { Ownership } from '@depwatch/core';

/**
 * The ownership of a controller's replica: that of its objects, and the controller's own key is everybody's, since each
 * replica holds the lists, and has to hear when they can be seen.
 */
export function ownedBeside(own: string, ownership: Ownership): Ownership {
  return {
    owns: (key) => key === own || ownership.owns(key),
    get epoch() {
      return ownership.epoch;
    },
    onChange: (listener) => ownership.onChange(listener),
    ...(ownership.ownerOf && { ownerOf: (key: string) => ownership.ownerOf!(key) }),
  };
}
