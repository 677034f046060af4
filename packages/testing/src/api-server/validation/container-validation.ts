import { asJsonObject, asText, type JsonObject } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { compareQuantities } from '../kinds/quantities.ts';
import { duplicate, invalidValue, oneOf, required } from './field-errors.ts';
import { checkName } from './names.ts';

const portRange = 'must be between 1 and 65535, inclusive';
const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

/**
 * What is wrong with a container.
 *
 * @param names of the containers before it, to which its own is added
 * @param volumes the names of the pod's volumes
 */
export function checkContainer(
  container: JsonObject,
  field: string,
  names: Set<string>,
  volumes: ReadonlySet<string>,
): FieldError[] {
  const name = asText(container.name);
  const image = asText(container.image);
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${field}.name`));
  else if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
  else errors.push(...checkName(name, 'dnsLabel', `${field}.name`));
  names.add(name);
  if (image === '') errors.push(required(`${field}.image`));
  else if (image !== image.trim()) {
    errors.push(
      invalidValue(`${field}.image`, image, 'must not have leading or trailing whitespace'),
    );
  }
  return [
    ...errors,
    ...checkProbes(container, field),
    ...oneOf(`${field}.imagePullPolicy`, container.imagePullPolicy, [
      'Always',
      'IfNotPresent',
      'Never',
    ]),
    ...checkPorts(container, `${field}.ports`),
    ...checkVariables(container, `${field}.env`),
    ...checkMounts(container, `${field}.volumeMounts`, volumes),
    ...checkResources(asJsonObject(container.resources), `${field}.resources`),
  ];
}

function checkProbes(container: JsonObject, field: string): FieldError[] {
  const names = ['livenessProbe', 'readinessProbe', 'startupProbe'];
  return names.flatMap((name) => {
    if (!container[name]) return [];
    const { exec, httpGet, tcpSocket, grpc } = asJsonObject(container[name]);
    return exec || httpGet || tcpSocket || grpc
      ? []
      : [required(`${field}.${name}`, 'must specify a handler type')];
  });
}

function checkPorts({ ports }: JsonObject, field: string): FieldError[] {
  const seen = new Set<string>();
  return asArray(ports).flatMap(({ name, containerPort, protocol }, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (name) {
      const problems = portNameProblems(asText(name));
      errors.push(...problems.map((why) => invalidValue(`${at}.name`, name, why)));
      if (seen.has(asText(name))) errors.push(duplicate(`${at}.name`, name));
      seen.add(asText(name));
    }
    const port = Number(containerPort ?? 0);
    if (port === 0) errors.push(required(`${at}.containerPort`));
    else if (port < 1 || port > 65_535) {
      errors.push(invalidValue(`${at}.containerPort`, port, portRange));
    }
    return [...errors, ...oneOf(`${at}.protocol`, protocol, ['SCTP', 'TCP', 'UDP'])];
  });
}

/** What is wrong with the name of a port, as services and containers have it. */
export function portNameProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (/^-|-$/.test(name)) problems.push('must not begin or end with a hyphen');
  return problems;
}

function checkVariables({ env }: JsonObject, field: string): FieldError[] {
  return asArray(env).flatMap(({ name, value, valueFrom }, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(`${at}.name`));
    else if (!/^[ -<>-~]+$/.test(asText(name))) {
      const why =
        "a valid environment variable name must consist only of printable ASCII characters other than '='";
      errors.push(invalidValue(`${at}.name`, name, why));
    }
    if (!valueFrom) return errors;
    const from = asJsonObject(valueFrom);
    const used = sources.filter((source) => from[source]);
    const wrong = (why: string) => invalidValue(`${at}.valueFrom`, '', why);
    if (used.length === 0) {
      errors.push(
        wrong(
          'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
        ),
      );
    } else if (value) errors.push(wrong('may not be specified when `value` is not empty'));
    for (const source of ['configMapKeyRef', 'secretKeyRef']) {
      if (from[source] && !asJsonObject(from[source]).key) {
        errors.push(required(`${at}.valueFrom.${source}.key`));
      }
    }
    return errors;
  });
}

function checkMounts(
  { volumeMounts }: JsonObject,
  field: string,
  volumes: ReadonlySet<string>,
): FieldError[] {
  const seen = new Set<string>();
  return asArray(volumeMounts).flatMap(({ name, mountPath }, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    const path = asText(mountPath);
    if (!name) errors.push(required(`${at}.name`));
    if (!volumes.has(asText(name))) {
      const message = `Not found: ${JSON.stringify(asText(name))}`;
      errors.push({ reason: 'FieldValueNotFound', message, field: `${at}.name` });
    }
    if (path === '') errors.push(required(`${at}.mountPath`));
    if (seen.has(path)) errors.push(invalidValue(`${at}.mountPath`, path, 'must be unique'));
    seen.add(path);
    return errors;
  });
}

function checkResources({ limits, requests }: JsonObject, field: string): FieldError[] {
  const most = asJsonObject(limits);
  const errors = [
    ...checkAmounts(most, `${field}.limits`),
    ...checkAmounts(asJsonObject(requests), `${field}.requests`),
  ];
  for (const [name, value] of Object.entries(asJsonObject(requests))) {
    const limit = most[name];
    if (limit !== undefined && compareQuantities(asText(value), asText(limit)) > 0) {
      const why = `must be less than or equal to ${name} limit of ${asText(limit)}`;
      errors.push(invalidValue(`${field}.requests`, value, why));
    }
  }
  return errors;
}

function checkAmounts(amounts: JsonObject, field: string): FieldError[] {
  return Object.entries(amounts).flatMap(([name, value]) =>
    asText(value).startsWith('-')
      ? [invalidValue(`${field}[${name}]`, value, 'must be greater than or equal to 0')]
      : [],
  );
}

function asArray(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(asJsonObject) : [];
}
