import { asJsonObject, asText, type JsonObject } from '../http/api-object.ts';

/** The spec of a pod, or of a pod template, with the defaults of the real server. */
export function defaultPodSpec(value: unknown): JsonObject {
  const spec = asJsonObject(value);
  return {
    ...spec,
    ...(Array.isArray(spec.volumes) && { volumes: spec.volumes.map(defaultVolume) }),
    ...defaultContainers(spec, 'initContainers'),
    ...defaultContainers(spec, 'containers'),
    ...absent(spec, {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
    }),
    ...(spec.serviceAccountName ? { serviceAccount: spec.serviceAccountName } : {}),
  };
}

/** What a pod has beyond what a template has, from admission. */
export function defaultPod(object: JsonObject): JsonObject {
  const spec = withRequests(defaultPodSpec(object.spec));
  const notFor300 = (key: string): JsonObject => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  });
  const tolerations = Array.isArray(spec.tolerations) ? spec.tolerations : [];
  return {
    ...object,
    spec: {
      ...spec,
      tolerations: [
        ...tolerations,
        ...['not-ready', 'unreachable']
          .filter((key) => !tolerates(tolerations, `node.kubernetes.io/${key}`))
          .map(notFor300),
      ],
      ...absent(spec, {
        priority: 0,
        enableServiceLinks: true,
        preemptionPolicy: 'PreemptLowerPriority',
      }),
    },
  };
}

/** What a container may have at most it asks for, unless it says otherwise. */
function withRequests(spec: JsonObject): JsonObject {
  const ask = (value: unknown): JsonObject => {
    const container = asJsonObject(value);
    const { limits, requests, ...rest } = asJsonObject(container.resources);
    if (!limits) return container;
    const asked = { ...asJsonObject(limits), ...asJsonObject(requests) };
    return { ...container, resources: { ...rest, limits, requests: asked } };
  };
  const lists = ['containers', 'initContainers'].filter((key) => Array.isArray(spec[key]));
  return {
    ...spec,
    ...Object.fromEntries(lists.map((key) => [key, (spec[key] as unknown[]).map(ask)])),
  };
}

/** `BestEffort`, `Burstable` or `Guaranteed`, by what the containers ask for. */
export function qualityOfService(value: unknown): string {
  const { containers, initContainers } = asJsonObject(value);
  const all = [containers, initContainers].flatMap((list) => (Array.isArray(list) ? list : []));
  const resources = all.map((container) => asJsonObject(asJsonObject(container).resources));
  const asked = resources.map(({ requests, limits }) => ({
    requests: asJsonObject(requests ?? limits),
    limits: asJsonObject(limits),
  }));
  if (
    asked.every(
      ({ requests, limits }) =>
        Object.keys(requests).length === 0 && Object.keys(limits).length === 0,
    )
  ) {
    return 'BestEffort';
  }
  const guaranteed = asked.every(({ requests, limits }) =>
    ['cpu', 'memory'].every((name) => limits[name] && requests[name] === limits[name]),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** Those of `defaults` that an object does not set. */
export function absent(object: JsonObject, defaults: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(defaults).filter(([key]) => object[key] === undefined || object[key] === null),
  );
}

function tolerates(tolerations: readonly unknown[], key: string): boolean {
  return tolerations.some((toleration) => {
    const { key: own, effect, operator } = asJsonObject(toleration);
    return (
      (own === key || (own === undefined && operator === 'Exists')) &&
      (effect === undefined || effect === 'NoExecute')
    );
  });
}

function defaultContainers(spec: JsonObject, field: string): JsonObject {
  const containers = spec[field];
  return Array.isArray(containers) ? { [field]: containers.map(defaultContainer) } : {};
}

function defaultContainer(value: unknown): JsonObject {
  const container = asJsonObject(value);
  const { ports, env } = container;
  return {
    ...container,
    ...(Array.isArray(ports) && {
      ports: ports.map((port) => ({ protocol: 'TCP', ...asJsonObject(port) })),
    }),
    ...(Array.isArray(env) && { env: env.map(defaultVariable) }),
    ...probes(container),
    ...absent(container, {
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: isLatest(container.image) ? 'Always' : 'IfNotPresent',
    }),
  };
}

function probes(container: JsonObject): JsonObject {
  const names = ['livenessProbe', 'readinessProbe', 'startupProbe'].filter(
    (name) => container[name],
  );
  return Object.fromEntries(
    names.map((name) => {
      const probe = asJsonObject(container[name]);
      const { httpGet } = probe;
      return [
        name,
        {
          ...probe,
          ...(httpGet ? { httpGet: { path: '/', scheme: 'HTTP', ...asJsonObject(httpGet) } } : {}),
          ...absent(probe, {
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          }),
        },
      ];
    }),
  );
}

function defaultVariable(value: unknown): JsonObject {
  const variable = asJsonObject(value);
  const { valueFrom } = variable;
  const { fieldRef } = asJsonObject(valueFrom);
  if (!fieldRef) return variable;
  return {
    ...variable,
    valueFrom: {
      ...asJsonObject(valueFrom),
      fieldRef: { apiVersion: 'v1', ...asJsonObject(fieldRef) },
    },
  };
}

function defaultVolume(value: unknown): JsonObject {
  const volume = asJsonObject(value);
  const withMode = ['configMap', 'secret', 'projected', 'downwardAPI'].filter(
    (source) => volume[source],
  );
  const sources = withMode.map((source) => [
    source,
    {
      ...asJsonObject(volume[source]),
      ...absent(asJsonObject(volume[source]), { defaultMode: 420 }),
    },
  ]);
  const known = Object.keys(volume).some((key) => key !== 'name');
  return { ...volume, ...Object.fromEntries(sources), ...(known ? {} : { emptyDir: {} }) };
}

/** Whether an image names no tag, or `latest`, and no digest. */
function isLatest(image: unknown): boolean {
  const name = asText(image).split('/').at(-1)!;
  return !name.includes('@') && (!name.includes(':') || name.endsWith(':latest'));
}
