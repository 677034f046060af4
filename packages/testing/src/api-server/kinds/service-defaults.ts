import { randomInt } from 'node:crypto';

import { type ApiObject, asJsonObject, asText, type JsonObject } from '../http/api-object.ts';
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
  const { externalTrafficPolicy: _policy, ...inside } = given;
  const spec = isOutside ? given : inside;
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
        ...(isOutside && { externalTrafficPolicy: 'Cluster' }),
        ...(spec.type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: true }),
      }),
    },
  };
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
