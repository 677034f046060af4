import { isIP } from 'node:net';

import { type ApiObject, asJsonObject, asText, type JsonObject } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { portNameProblems } from './container-validation.ts';
import { duplicate, forbiddenValue, invalidValue, oneOf, required } from './field-errors.ts';
import { checkName, labelKeyProblems } from './names.ts';

const portRange = 'must be between 1 and 65535, inclusive';

/** What is wrong with a Service. */
export function checkService(object: ApiObject, old: ApiObject | undefined): FieldError[] {
  const spec = asJsonObject(object.spec);
  const before = asJsonObject(old?.spec);
  const ports = Array.isArray(spec.ports) ? spec.ports.map(asJsonObject) : [];
  const errors: FieldError[] = [];
  // A service of names alone, or without an address, needs no ports.
  const needsNone = spec.type === 'ExternalName' || spec.clusterIP === 'None';
  if (ports.length === 0 && !needsNone) errors.push(required('spec.ports'));
  if (spec.type === 'ExternalName' && !spec.externalName) {
    errors.push(required('spec.externalName'));
  }
  if (before.clusterIP && spec.clusterIP && before.clusterIP !== spec.clusterIP) {
    errors.push(invalidValue('spec.clusterIPs[0]', spec.clusterIPs, 'may not change once set'));
  }
  errors.push(...checkAddress(spec));
  const { ingress } = asJsonObject(asJsonObject(object.status).loadBalancer);
  if (ingress && spec.type !== 'LoadBalancer') {
    const why = "may only be used when `spec.type` is 'LoadBalancer'";
    errors.push(forbiddenValue('status.loadBalancer.ingress', why));
  }
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    errors.push(...checkPort(port, `spec.ports[${index}]`, ports.length > 1, names));
  }
  return [
    ...errors,
    ...Object.keys(asJsonObject(spec.selector)).flatMap((key) =>
      labelKeyProblems(key).map((why) => invalidValue('spec.selector', key, why)),
    ),
    ...oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']),
    ...oneOf('spec.type', spec.type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']),
  ];
}

function checkAddress({ type, clusterIP, clusterIPs }: JsonObject): FieldError[] {
  const field = 'spec.clusterIPs[0]';
  if (clusterIP === 'None' && (type === 'NodePort' || type === 'LoadBalancer')) {
    return [invalidValue(field, clusterIPs, `may not be set to 'None' for ${type} services`)];
  }
  const isAddress = !clusterIP || clusterIP === 'None' || isIP(asText(clusterIP)) !== 0;
  if (isAddress) return [];
  return [invalidValue(field, clusterIP, 'must be a valid IP address, (e.g. 10.9.8.7)')];
}

function checkPort(
  { name, port, protocol, targetPort }: JsonObject,
  field: string,
  needsName: boolean,
  names: Set<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const text = asText(name);
  if (text === '') {
    if (needsName) errors.push(required(`${field}.name`));
  } else {
    errors.push(...checkName(text, 'dnsLabel', `${field}.name`));
    if (names.has(text)) errors.push(duplicate(`${field}.name`, text));
    names.add(text);
  }
  const isPort = (value: unknown): boolean => Number(value) >= 1 && Number(value) <= 65_535;
  if (!isPort(port)) errors.push(invalidValue(`${field}.port`, port ?? 0, portRange));
  errors.push(...oneOf(`${field}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
  if (typeof targetPort === 'string') {
    const problems = portNameProblems(targetPort);
    errors.push(...problems.map((why) => invalidValue(`${field}.targetPort`, targetPort, why)));
  } else if (!isPort(targetPort)) {
    errors.push(invalidValue(`${field}.targetPort`, targetPort ?? 0, portRange));
  }
  return errors;
}
