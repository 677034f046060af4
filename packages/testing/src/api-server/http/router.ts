import { sendJson, sendNotFoundPage } from './answers.ts';
import { answerPath, type PathParts } from './paths.ts';
import { isApply, isForced, readApplied } from '../apply/apply-request.ts';
import { encodeObject, type Encoding } from './encode.ts';
import type { Exchange } from './exchange.ts';
import { encodeListResult, listObjects } from '../reads/list.ts';
import { type ListOptions, parseListOptions, parseVersion } from '../reads/list-options.ts';
import { negotiate } from './negotiation.ts';
import { answerSubresource } from '../subresources/answer.ts';
import type { IssueToken } from '../subresources/token-request.ts';
import type { ObjectWriter } from '../writes/object-writer.ts';
import { answerReview, type ReviewParts } from '../reviews/answer-review.ts';
import { checkBody, inNamespace } from '../writes/write-checks.ts';
import { isStored, type ResourceType, subresourcesOf } from '../kinds/resource-type.ts';
import { readPatch } from '../writes/patch-body.ts';
import { readDeleteOptions, readObject, writeOptions } from './request-body.ts';
import type { Resource } from '../store/registry.ts';
import type { RequestInfo } from './request-info.ts';
import { escalationGuard } from '../auth/escalation.ts';
import type { User } from '../auth/user.ts';
import { parseFilter } from '../reads/selectors.ts';
import {
  badRequest,
  methodNotAllowed,
  noSuchResource,
  notFound,
  tooLargeVersion,
} from './status.ts';
import { type StoredObject, storageKey } from '../store/store.ts';
import type { HubVersions } from '../watches/watch-hub.ts';
import type { Watches } from '../watches/watches.ts';
import type { WriteTarget } from '../writes/write-options.ts';

/** What the router answers from. */
export interface RouterParts extends PathParts {
  readonly writer: ObjectWriter;
  readonly watches: Watches;
  readonly reviews: ReviewParts;
  readonly issueToken: IssueToken;
  readonly futureVersionWaitMs: number;
}

/** A namespace's own address names it where others have the one they are in. */
function isNamespaceItself({ resource, path }: RequestInfo): boolean {
  return resource === 'namespaces' && !/\/namespaces\/[^/]+\/namespaces(\/|$)/.test(path);
}

/** Nothing can have such a name, and a server does not look. */
function checkName(name: string): void {
  if (name.includes('%'))
    throw badRequest(`Name parameter invalid: "${name}": may not contain '%'`);
}

/** Answers the requests that authentication, authorisation and faults let through. */
export class Router {
  readonly #parts: RouterParts;

  constructor(parts: RouterParts) {
    this.#parts = parts;
  }

  /** @throws StatusError whatever the answer is, if not a good one */
  async handle(info: RequestInfo, exchange: Exchange, user: User): Promise<void> {
    // What is to be there begins with one slash; who may ask is told without looking at that.
    if (info.path.startsWith('//')) {
      sendNotFoundPage(exchange);
      return;
    }
    if (!info.isResource) {
      answerPath(info, exchange, this.#parts);
      return;
    }
    const { registry } = this.#parts;
    const { group, version } = info;
    const resource = registry.find(group, version, info.resource);
    if (!resource || isOfAnotherScope(info, resource.type)) {
      // Behind a group of custom resources alone there is nothing that words a Status.
      if (registry.isBuiltIn(group)) throw noSuchResource();
      sendNotFoundPage(exchange);
      return;
    }
    if (isStored(resource.type)) await this.#handleResource(info, resource, exchange, user);
    else await this.#review(info, resource, exchange, user);
  }

  async #handleResource(
    info: RequestInfo,
    resource: Resource,
    exchange: Exchange,
    user: User,
  ): Promise<void> {
    const { type } = resource;
    const { version, name, namespace, subresource, verb, method } = info;
    const isServed =
      subresource === '' ||
      subresourcesOf(type, version).some((served) => served.name === subresource);
    if (type.custom && !isServed) throw notFound(type, name);
    if (
      info.parts.length > 3 ||
      !isServed ||
      (!type.namespaced && namespace !== '' && !isNamespaceItself(info)) ||
      (type.namespaced && namespace === '' && name !== '')
    ) {
      throw noSuchResource();
    }
    // Those of the old paths for watches, too, which are for nothing else.
    if (method === 'HEAD' || (verb === 'watch' && method !== 'GET')) throw methodNotAllowed();
    if (type.deprecation) exchange.warn(type.deprecation);
    const inNamespace = type.namespaced ? namespace : '';
    const encoding: Encoding = {
      type,
      version,
      representation: negotiate(exchange.headers.accept),
    };
    const admit = escalationGuard(user, info, this.#parts.reviews.authorizer);
    const target: WriteTarget = { resource, version, namespace: inNamespace, admit };
    if (name === '') {
      if (verb === 'create' && (inNamespace !== '' || !type.namespaced)) {
        const { writer } = this.#parts;
        const body = await readObject(exchange, type.kind);
        const stored = writer.create(target, body, writeOptions(exchange, info.query));
        sendJson(exchange, 201, encodeObject(stored, encoding));
      } else if (verb === 'list' || verb === 'watch') {
        await this.#read(info, resource, inNamespace, encoding, exchange);
      } else if (verb === 'deletecollection' && type.verbs.includes(verb)) {
        if (type.namespaced && inNamespace === '') throw methodNotAllowed();
        await this.#deleteCollection(info, target, encoding, exchange);
      } else {
        throw methodNotAllowed();
      }
      return;
    }
    if (subresource !== '' && subresource !== 'status') {
      const answer = await answerSubresource(info, target, exchange, this.#parts);
      sendJson(exchange, answer.status, JSON.stringify(answer.body));
      return;
    }
    if (subresource !== '' && !['get', 'update', 'patch'].includes(verb)) throw methodNotAllowed();
    const status = subresource === 'status' ? 'status' : '';
    if (method !== 'POST') checkName(name);
    switch (method) {
      case 'GET':
        await this.#awaitVersion(parseVersion(info.query.get('resourceVersion') ?? '', true));
        sendJson(exchange, 200, encodeObject(this.#get(resource, inNamespace, name), encoding));
        return;
      case 'PUT': {
        const body = await readObject(exchange, type.kind);
        const options = writeOptions(exchange, info.query);
        const created = !resource.table.get(storageKey(inNamespace, name));
        const stored = this.#parts.writer.update(target, name, status, body, options);
        sendJson(exchange, created ? 201 : 200, encodeObject(stored, encoding));
        return;
      }
      case 'PATCH': {
        const options = writeOptions(exchange, info.query);
        if (isApply(exchange)) {
          const applied = await readApplied(exchange);
          const applyOptions = { ...options, force: isForced(info.query) };
          const result = this.#parts.writer.apply(target, name, status, applied, applyOptions);
          sendJson(exchange, result.created ? 201 : 200, encodeObject(result.stored, encoding));
          return;
        }
        const change = await readPatch(exchange, type);
        const { duplicateFields } = exchange;
        const patchOptions = { ...options, duplicateFields };
        const stored = this.#parts.writer.patch(target, name, status, change, patchOptions);
        sendJson(exchange, 200, encodeObject(stored, encoding));
        return;
      }
      case 'DELETE': {
        const options = await readDeleteOptions(exchange, info.query);
        const { stored, removed } = this.#parts.writer.delete(target, name, options);
        const answersObject = !removed || type.deleteReturnsObject;
        sendJson(
          exchange,
          200,
          answersObject ? encodeObject(stored, encoding) : deletedStatus(resource, stored),
        );
        return;
      }
      default:
        throw methodNotAllowed();
    }
  }

  async #review(
    info: RequestInfo,
    resource: Resource,
    exchange: Exchange,
    user: User,
  ): Promise<void> {
    const { version, verb, name, namespace } = info;
    const { type } = resource;
    if (name !== '' || type.namespaced !== (namespace !== '')) throw noSuchResource();
    if (verb !== 'create') throw methodNotAllowed();
    const target: WriteTarget = { resource, version, namespace };
    const options = writeOptions(exchange, info.query);
    const body = checkBody(target, await readObject(exchange, type.kind), options);
    const placed = inNamespace(body, namespace);
    const answer = answerReview(type, placed, user, namespace, this.#parts.reviews);
    sendJson(exchange, 201, JSON.stringify(answer));
  }

  #get({ table, type }: Resource, namespace: string, name: string): StoredObject {
    const version = Math.max(this.#parts.registry.readVersion, table.oldestVersion);
    const stored = table.getAt(version, storageKey(namespace, name));
    if (!stored) throw notFound(type, name);
    return stored;
  }

  #versions(): HubVersions {
    const { versions, readVersion } = this.#parts.registry;
    return { current: versions.current, read: readVersion };
  }

  async #read(
    info: RequestInfo,
    resource: Resource,
    namespace: string,
    encoding: Encoding,
    exchange: Exchange,
  ): Promise<void> {
    const { type } = resource;
    const options = parseListOptions(info.query, info.verb === 'watch');
    const filter = parseFilter(type, options.labelSelector, options.fieldSelector);
    if (options.watch) {
      await this.#parts.watches.open(exchange, resource, { namespace, filter, encoding }, options);
      return;
    }
    await this.#awaitVersion(options.resourceVersion);
    const result = listObjects(resource, namespace, filter, options, this.#versions());
    sendJson(exchange, 200, encodeListResult(result, encoding));
  }

  async #deleteCollection(
    info: RequestInfo,
    target: WriteTarget,
    encoding: Encoding,
    exchange: Exchange,
  ): Promise<void> {
    const { resource, namespace } = target;
    const options: ListOptions = parseListOptions(info.query, false);
    const filter = parseFilter(resource.type, options.labelSelector, options.fieldSelector);
    const deleteOptions = await readDeleteOptions(exchange, info.query);
    const result = listObjects(resource, namespace, filter, options, this.#versions());
    for (const { namespace: home, name } of result.items) {
      this.#parts.writer.delete({ ...target, namespace: home }, name, deleteOptions);
    }
    sendJson(exchange, 200, encodeListResult(result, encoding));
  }

  /** Waits for a version that is still to come, as the real server does, but not for long. */
  async #awaitVersion(version: number | undefined): Promise<void> {
    const { registry, futureVersionWaitMs, watches } = this.#parts;
    if (version === undefined || (await watches.reached(version, futureVersionWaitMs))) return;
    throw tooLargeVersion(version, registry.readVersion);
  }
}

function deletedStatus({ type }: Resource, { name, object }: StoredObject): string {
  const details = {
    name,
    ...(type.group && { group: type.group }),
    kind: type.resource,
    uid: object.metadata.uid,
  };
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
  return JSON.stringify(status);
}

/** A custom resource is not there by a path that its scope doesn't have; lists and watches cross namespaces. */
function isOfAnotherScope({ namespace, verb }: RequestInfo, type: ResourceType): boolean {
  if (!type.custom) return false;
  if (!type.namespaced) return namespace !== '';
  return namespace === '' && verb !== 'list' && verb !== 'watch';
}
