import { type ApiObject, asJsonObject, asText, type JsonObject } from '../http/api-object.ts';

/** A column of a table: what it is called, and what of an object stands in it. */
export interface Column {
  readonly name: string;
  /** As OpenAPI has it. Default `string`. */
  readonly type?: string;
  /** Whether it is shown to those alone who ask for all. Default false. */
  readonly wide?: true;
  readonly cell: (object: ApiObject, now: Date) => unknown;
}

/** A column that a definition adds, as its version has it. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

const none = '<none>';
const spec = (object: ApiObject): JsonObject => asJsonObject(object.spec);
const status = (object: ApiObject): JsonObject => asJsonObject(object.status);
const listOf = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.map(asJsonObject) : [];
const sizeOf = (...maps: readonly unknown[]): number =>
  maps.reduce<number>((sum, map) => sum + Object.keys(asJsonObject(map)).length, 0);

const age: Column = { name: 'Age', cell: ({ metadata }, now) => ageOf(metadata, now) };

function count(name: string, cell: (object: ApiObject) => unknown): Column {
  return { name, type: 'integer', cell: (object) => Number(cell(object) ?? 0) };
}

const readyOf = (object: ApiObject): string =>
  `${Number(status(object).readyReplicas ?? 0)}/${Number(spec(object).replicas ?? 0)}`;

const containersOf = (object: ApiObject): JsonObject[] =>
  listOf(asJsonObject(asJsonObject(spec(object).template).spec).containers);
const containers: Column = {
  name: 'Containers',
  wide: true,
  cell: (object) =>
    containersOf(object)
      .map(({ name }) => asText(name))
      .join(','),
};
const images: Column = {
  name: 'Images',
  wide: true,
  cell: (object) =>
    containersOf(object)
      .map(({ image }) => asText(image))
      .join(','),
};
const selector: Column = {
  name: 'Selector',
  wide: true,
  cell: (object) => {
    const { selector: of } = spec(object);
    return pairs(asJsonObject(of).matchLabels ?? of);
  },
};

/** The columns of built-in kinds, beside the name that stands first in each table. */
const columns: Readonly<Record<string, readonly Column[] | undefined>> = {
  ConfigMap: [{ name: 'Data', cell: ({ data, binaryData }) => sizeOf(data, binaryData) }, age],
  Secret: [
    { name: 'Type', cell: ({ type }) => type },
    { name: 'Data', cell: ({ data }) => sizeOf(data) },
    age,
  ],
  ServiceAccount: [age],
  Namespace: [{ name: 'Status', cell: (object) => status(object).phase }, age],
  Lease: [{ name: 'Holder', cell: (object) => asText(spec(object).holderIdentity) }, age],
  Service: [
    { name: 'Type', cell: (object) => spec(object).type },
    { name: 'Cluster-IP', cell: (object) => spec(object).clusterIP || none },
    { name: 'External-IP', cell: externalOf },
    { name: 'Port(s)', cell: portsOf },
    age,
    selector,
  ],
  Pod: [
    { name: 'Ready', cell: readyContainers },
    { name: 'Status', cell: (object) => status(object).reason || status(object).phase },
    {
      name: 'Restarts',
      cell: (object) =>
        String(
          listOf(status(object).containerStatuses).reduce(
            (sum, { restartCount }) => sum + Number(restartCount ?? 0),
            0,
          ),
        ),
    },
    age,
    { name: 'IP', wide: true, cell: (object) => status(object).podIP || none },
    { name: 'Node', wide: true, cell: (object) => spec(object).nodeName || none },
    {
      name: 'Nominated Node',
      wide: true,
      cell: (object) => status(object).nominatedNodeName || none,
    },
    { name: 'Readiness Gates', wide: true, cell: () => none },
  ],
  Deployment: [
    { name: 'Ready', cell: readyOf },
    { name: 'Up-to-date', cell: (object) => Number(status(object).updatedReplicas ?? 0) },
    { name: 'Available', cell: (object) => Number(status(object).availableReplicas ?? 0) },
    age,
    containers,
    images,
    selector,
  ],
  StatefulSet: [{ name: 'Ready', cell: readyOf }, age, containers, images],
  ReplicaSet: [
    count('Desired', (object) => spec(object).replicas),
    count('Current', (object) => status(object).replicas),
    count('Ready', (object) => status(object).readyReplicas),
    age,
    containers,
    images,
    selector,
  ],
};

const createdAt: Column = {
  name: 'Created At',
  type: 'date',
  cell: ({ metadata }) => metadata.creationTimestamp,
};

/** The columns of a built-in kind. */
export function columnsOf(kind: string): readonly Column[] {
  return columns[kind] ?? [createdAt];
}

/** How long ago something was, as people say it: `5s`, `3m10s`, `2d`. */
export function ageOf(metadata: { readonly creationTimestamp?: string }, now: Date): string {
  const { creationTimestamp } = metadata;
  if (!creationTimestamp) return '<unknown>';
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(creationTimestamp)) / 1000));
  // Each from so many of it on, and with a rest below so many.
  const units: readonly (readonly [
    mark: string,
    seconds: number,
    from: number,
    exactBelow: number,
  ])[] = [
    ['d', 86_400, 2, 8],
    ['h', 3_600, 3, 8],
    ['m', 60, 2, 10],
    ['s', 1, 0, 0],
  ];
  const at = units.findIndex(([, size, from]) => seconds >= size * from);
  const [mark, size, , exactBelow] = units[at]!;
  const whole = Math.floor(seconds / size);
  const [lessMark, lessSize] = units[at + 1] ?? [];
  const rest = lessSize ? Math.floor((seconds % size) / lessSize) : 0;
  return whole < exactBelow && rest > 0 ? `${whole}${mark}${rest}${lessMark}` : `${whole}${mark}`;
}

function pairs(value: unknown): string {
  const entries = Object.entries(asJsonObject(value));
  return entries.length === 0 ? none : entries.map(([key, of]) => `${key}=${asText(of)}`).join(',');
}

function readyContainers(object: ApiObject): string {
  const ready = listOf(status(object).containerStatuses).filter((one) => one.ready === true);
  return `${ready.length}/${listOf(spec(object).containers).length}`;
}

function externalOf(object: ApiObject): string {
  const { type, externalName, externalIPs } = spec(object);
  if (type === 'ExternalName') return asText(externalName);
  const balanced = listOf(asJsonObject(status(object).loadBalancer).ingress).map(
    ({ ip, hostname }) => asText(ip ?? hostname),
  );
  const all = [...balanced, ...(Array.isArray(externalIPs) ? externalIPs.map(asText) : [])];
  if (all.length > 0) return all.join(',');
  return type === 'LoadBalancer' ? '<pending>' : none;
}

function portsOf(object: ApiObject): string {
  const texts = listOf(spec(object).ports).map(({ port, nodePort, protocol }) =>
    [Number(port), ...(nodePort ? [Number(nodePort)] : [])]
      .join(':')
      .concat(`/${asText(protocol)}`),
  );
  return texts.length > 0 ? texts.join(',') : none;
}
