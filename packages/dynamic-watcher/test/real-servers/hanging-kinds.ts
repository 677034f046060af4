import { text } from 'node:stream/consumers';
import type { KubernetesObject } from '@depwatch/core';
import type { ApiServer } from '@depwatch/testing';
import { expect, vi } from 'vitest';
import type { ControlPlane } from '../../../../tools/kube-apiserver/control-plane.ts';
import type { ApiClient } from '../fault-table/api-client.ts';
import { LoopbackServer, type Request, type Response } from './loopback-server.ts';

/** A kind that the API server does not answer for, from `hang` on. */
export interface HangingKind extends AsyncDisposable {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  hang(): void | Promise<unknown>;
}

/** The names of the objects that are asked for. */
export const hanging = Array.from({ length: 5 }, (_, index) => `s${index}`);
const name = 'Widget';
const plural = 'widgets';
const patience = { timeout: 30_000, interval: 50 };

/** A server behind the API server, that answers until it hangs. */
async function behind(answer: (request: Request) => Promise<object> | object) {
  let hangs = false;
  const server = await LoopbackServer.start((request, response: Response) => {
    if (hangs) return;
    void (async () => {
      const body = JSON.stringify(await answer(request));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(body);
    })();
  });
  return { server, hang: () => void (hangs = true) };
}

/** An aggregated API: the API server passes on what it is asked, discovery of its version included. */
export async function aggregated(_: ControlPlane, admin: ApiClient): Promise<HangingKind> {
  const group = 'aggregated.example.com';
  const groupVersion = `${group}/v1`;
  const verbs = ['get', 'list', 'watch'];
  const resource = { name: plural, singularName: '', namespaced: true, kind: name, verbs };
  const { server, hang } = await behind(() => ({
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: [resource],
  }));
  // The one type of Service whose address may be that of this machine.
  const { port } = server;
  const service = { name: 'aggregated', namespace: 'default' };
  await admin.put({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: service,
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
  } as KubernetesObject);
  const path = '/apis/apiregistration.k8s.io/v1/apiservices';
  const created = await admin.ask('POST', path, {
    metadata: { name: `v1.${group}` },
    spec: {
      group,
      version: 'v1',
      service: { ...service, port },
      insecureSkipTLSVerify: true,
      groupPriorityMinimum: 1000,
      versionPriority: 10,
    },
  });
  expect(created.status).toBe(201);
  await vi.waitFor(
    async () => expect((await admin.ask('GET', `/apis/${groupVersion}`)).status).toBe(200),
    patience,
  );
  return {
    group,
    version: 'v1',
    kind: name,
    hang,
    async [Symbol.asyncDispose]() {
      await admin.ask('DELETE', `${path}/v1.${group}`);
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A kind whose objects are stored in another version than is asked for, and the webhook that converts them hangs. */
export async function converted(_: ControlPlane, admin: ApiClient): Promise<HangingKind> {
  const group = 'converted.example.com';
  const { server, hang } = await behind(async (request) => {
    const { request: review } = JSON.parse(await text(request)) as {
      request: { uid: string; desiredAPIVersion: string; objects: object[] };
    };
    const { uid, desiredAPIVersion: apiVersion, objects } = review;
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'ConversionReview',
      response: {
        uid,
        result: { status: 'Success' },
        convertedObjects: objects.map((object) => ({ ...object, apiVersion })),
      },
    };
  });
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const version = (of: string, storage: boolean) => ({
    name: of,
    served: true,
    storage,
    schema: { openAPIV3Schema: schema },
  });
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind: name },
      versions: [version('v1', true), version('v2', false)],
      conversion: {
        strategy: 'Webhook',
        webhook: {
          conversionReviewVersions: ['v1'],
          clientConfig: {
            url: `https://127.0.0.1:${server.port}/convert`,
            caBundle: Buffer.from(server.certificateAuthority).toString('base64'),
          },
        },
      },
    },
  };
  await admin.put(definition);
  await vi.waitFor(
    async () => expect((await admin.ask('GET', `/apis/${group}/v1/${plural}`)).status).toBe(200),
    patience,
  );
  return {
    group,
    version: 'v2',
    kind: name,
    hang() {
      hang();
      // Objects that have to be converted before anybody may see them.
      return Promise.all(
        hanging.map((of) => {
          const metadata = { name: of, namespace: 'default' };
          return admin.put({ apiVersion: `${group}/v1`, kind: name, metadata });
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      await admin.remove(definition);
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A kind of the in-process server. */
export async function unanswered({ faults }: ApiServer, admin: ApiClient): Promise<HangingKind> {
  const group = 'unanswered.example.com';
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  await admin.put({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind: name },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  } as KubernetesObject);
  return {
    group,
    version: 'v1',
    kind: name,
    hang: () => void faults.hang({ resource: plural }),
    async [Symbol.asyncDispose]() {},
  };
}
