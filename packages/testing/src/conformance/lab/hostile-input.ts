import type { ResourceQuery } from '@depwatch/core';

import type { Lab } from './lab.ts';

/** Names that no object has, and that mean something elsewhere in a URL or a field selector. */
export const hostileNames: readonly string[] = [
  'a,b=c\\d',
  'one,metadata.name!=two',
  'one\\',
  '=',
  'ünï',
  '%6fne',
  'one&x=y',
  'one#',
  'one ',
];

/** What no parser of selectors may accept; some of it would mean something elsewhere in a URL. */
export const hostileSelectors: readonly string[] = [
  'a in',
  'a in (b',
  'a=b=c',
  '=',
  ',',
  '!',
  'a=../..',
  'a=b&fieldSelector=metadata.name%3Dx',
  'a=b#',
  'a=%62',
  'ä=b',
  'a>b',
];

/** Queries for what no server has: an unknown resource, an unknown group, an unknown version. */
export function unknownResources(lab: Lab): ResourceQuery[] {
  const { gvr, gvk, ...rest } = lab.configMaps();
  return [
    { ...rest, gvr: { ...gvr, resource: 'widgets' }, gvk },
    { ...rest, gvr: { ...gvr, group: 'nobody.example.com' }, gvk },
    { ...rest, gvr: { ...gvr, version: 'v99' }, gvk },
  ];
}
