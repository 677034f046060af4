import { randomInt } from 'node:crypto';

import {
  type ApiObject,
  asJsonObject,
  asText,
  jsonEquals,
  type JsonObject,
} from '../http/api-object.ts';
import { absent } from './pod-defaults.ts';

/** What a service has that has an address. */
const addressed = {
  ipFamilies: ['IPv4'],
  ipFamilyPolicy: 'SingleStack',
  internalTrafficPolicy: 'Cluster',
};

/** A service with the defaults of the real server, and the address and ports that it is given and keeps. */
export function defaultService(object: JsonObject, old: ApiObject | undefined): JsonObject {
  const given = asJsonObject(object.spec);
  const before = asJsonObject(old?.spec);
  const isOutside = given.type === 'NodePort' || given.type === 'LoadBalancer';
  // What it had as long as it was open to the outside goes with that.
  const spec = withoutWhatWent(given, before, isOutside);
  const ports = Array.isArray(spec.ports) ? spec.ports.map(asJsonObject) : undefined;
  return {
    ...object,
    spec: {
      ...spec,
      ...(ports && { ports: ports.map((port) => defaultPort(port, isOutside, before)) }),
      ...(spec.type !== 'ExternalName' && address(spec, before)),
      ...absent(spec, {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        ...(spec.type !== 'ExternalName' && addressed),
        ...(spec.sessionAffinity === 'ClientIP' && {
          sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
        }),
        ...(isOutside && { externalTrafficPolicy: 'Cluster' }),
        ...(spec.type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: true }),
      }),
    },
  };
}

/** What no longer means anything to a service of another type goes, where nobody has changed it. */
function withoutWhatWent(given: JsonObject, before: JsonObject, isOutside: boolean): JsonObject {
  const gone = [
    ...(isOutside ? [] : ['externalTrafficPolicy']),
    ...(given.type === 'LoadBalancer' ? [] : ['allocateLoadBalancerNodePorts']),
    ...(given.type === 'ExternalName'
      ? ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']
      : []),
  ].filter((key) => key === 'externalTrafficPolicy' || jsonEquals(given[key], before[key]));
  return Object.fromEntries(Object.entries(given).filter(([key]) => !gone.includes(key)));
}

/** The one that is asked for, else the one that it has, else a new one; so many are there that none is given twice. */
function address(spec: JsonObject, before: JsonObject): JsonObject {
  const clusterIP =
    asText(spec.clusterIP) || asText(before.clusterIP) || `10.${part()}.${part()}.${part()}`;
  const given = Array.isArray(spec.clusterIPs) ? spec.clusterIPs : [];
  return { clusterIP, clusterIPs: given[0] === clusterIP ? given : [clusterIP] };
}

function part(): number {
  return randomInt(1, 255);
}

function defaultPort(port: JsonObject, isOutside: boolean, before: JsonObject): JsonObject {
  const { nodePort, ...inside } = { protocol: 'TCP', ...port } as JsonObject;
  const defaulted = { ...inside, targetPort: port.targetPort || port.port };
  const kept = (Array.isArray(before.ports) ? before.ports : [])
    .map(asJsonObject)
    .find((one) => one.port === inside.port && one.protocol === inside.protocol)?.nodePort;
  if (!isOutside) return nodePort && nodePort !== kept ? { ...defaulted, nodePort } : defaulted;
  return { ...defaulted, nodePort: nodePort || kept || randomInt(30_000, 32_768) };
}
