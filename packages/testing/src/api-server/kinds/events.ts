import { asJsonObject, type ApiObject, asText, type JsonObject } from '../http/api-object.ts';
import type { ObjectView } from './resource-type.ts';
import { encodeTyped } from './typed-encoding.ts';

/** What the fields of an event of the group events.k8s.io are called in the core group, where they differ. */
const coreNames = new Map([
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
]);
const eventNames = new Map([...coreNames].map(([name, coreName]) => [coreName, name]));

/** Events of the group events.k8s.io are those of the core group by other names. */
export const eventView: ObjectView = {
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  show: (object) =>
    encodeTyped('events.Event', {
      ...renamed(object, eventNames),
      apiVersion: 'events.k8s.io/v1',
    }) as ApiObject,
  store: (object) => renamed(object, coreNames),
};

function renamed(object: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value]),
  );
}

type Fields = Record<string, (object: ApiObject) => string>;

const ofObject = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** What a field selector may name, in both groups. */
export const eventFields: { readonly core: Fields; readonly events: Fields } = {
  core: {
    ...objectFields('involvedObject'),
    reason: read('reason'),
    reportingComponent: read('reportingComponent'),
    source: ({ source, reportingComponent }) =>
      asText(asJsonObject(source).component) || asText(reportingComponent),
    type: read('type'),
  },
  events: {
    ...objectFields('regarding'),
    reason: read('reason'),
    reportingController: read('reportingComponent'),
    type: read('type'),
  },
};

function objectFields(prefix: string): Fields {
  return Object.fromEntries(
    ofObject.map((name) => [
      `${prefix}.${name}`,
      ({ involvedObject }: ApiObject) => asText(asJsonObject(involvedObject)[name]),
    ]),
  );
}

function read(name: string): (object: ApiObject) => string {
  return (object) => asText(object[name]);
}
