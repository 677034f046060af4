import type { KubernetesObject } from '@depwatch/core';

import type { AnyObject, ObjectWriter, Place } from './object-writer.ts';
import { copy } from '../objects/copy.ts';

interface Scalable extends AnyObject {
  spec?: {
    replicas?: number;
    selector?: { matchLabels?: { [key: string]: string } } | string;
  };
  status?: { replicas?: number; selector?: string };
}

/** The Scale of an object that has `spec.replicas`. */
export function scaleOf(object: KubernetesObject): AnyObject {
  const { metadata = {}, spec = {}, status = {} } = object as Scalable;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const { selector } = spec;
  const labels = typeof selector === 'object' ? Object.entries(selector.matchLabels ?? {}) : [];
  const text = status.selector ?? labels.map(([key, value]) => `${key}=${value}`).join(',');
  return copy({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas ?? 0 },
    status: { replicas: status.replicas ?? 0, ...(text && { selector: text }) },
  }) as AnyObject;
}

/** An object scaled as a Scale says. */
export function withScale(object: AnyObject, scale: AnyObject): AnyObject {
  const replicas = (scale as Scalable).spec?.replicas ?? 0;
  return { ...object, spec: { ...(object as Scalable).spec, replicas } };
}

/** What can only be created, of the object that it is made of: an eviction, a binding or a token. */
export function createSubresource(
  writer: ObjectWriter,
  place: Place,
  of: AnyObject,
  given: AnyObject,
  { subresource, dryRun }: { readonly subresource: string; readonly dryRun: boolean },
): KubernetesObject {
  if (subresource === 'token') return tokenFor(writer, of, given);
  if (subresource === 'eviction') {
    if (!dryRun) writer.delete(place, of);
  } else {
    const { target } = given as { target?: { name?: string } };
    const spec = { ...(of.spec as object | undefined), nodeName: target?.name };
    writer.store(place, copy({ ...of, spec }), of, dryRun);
  }
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    code: 201,
  } as AnyObject;
}

function tokenFor(writer: ObjectWriter, { metadata }: AnyObject, given: AnyObject): AnyObject {
  const { name, namespace } = metadata ?? {};
  const asked = given.spec as { expirationSeconds?: number } | undefined;
  const expirationSeconds = asked?.expirationSeconds ?? 3600;
  const expirationTimestamp = writer.timestamp(expirationSeconds * 1000);
  return {
    ...given,
    metadata: { ...given.metadata, ...(name && { name }), ...(namespace && { namespace }) },
    spec: { ...asked, expirationSeconds },
    status: { token: `fake.${namespace}.${name}.${expirationTimestamp}`, expirationTimestamp },
  };
}
