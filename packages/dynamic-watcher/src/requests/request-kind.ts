/**
 * What a request is for: a page of a list, a streaming list (of one name, which is cheap, or of many objects), a watch
 * from a version, or discovery.
 */
export type RequestKind = 'list' | 'streamOne' | 'streamMany' | 'resume' | 'discover';

/** How many requests of a kind may be under way at once, from the moment they are sent until they are answered. */
export const mostUnderWay: Readonly<Record<RequestKind, number>> = {
  list: 50,
  streamOne: 256,
  streamMany: 50,
  resume: 64,
  discover: 64,
};
