import 'reflect-metadata';
import { HttpStatus, Inject, Req, RequestMethod, Res, SetMetadata, StreamableFile } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import { Catalog } from '../catalog/catalog.js';
import { replyWithError } from './error.filter.js';
import { EventStream } from './event-stream.js';
import { descriptionsOf, type Fielded } from './fields.js';
import { assertNotForged } from './forged-request.js';
import {
  assertJson,
  assertNothingElse,
  type BackupRequest,
  type BackupResponse,
  type Input,
  inputsOf,
  ownResponse,
} from './inputs.js';
import { INDEXING, indexingHeader } from './indexing.header.js';
import { ApiBody, ApiQuery } from './openapi.js';
import { StreamedFile } from './streamed.js';

/** What a method returns whose answer has another status than its route. */
export class Answer {
  constructor(
    readonly status: HttpStatus,
    readonly body: unknown,
  ) {}
}

type Method = (...inputs: unknown[]) => unknown;
type Adapter = AbstractHttpAdapter<unknown, BackupRequest, BackupResponse>;

/** Where each controller finds the adapter of the host: Express or Fastify. */
const ADAPTER = 'httpAdapterHost';
/** Whether answers go by a list that is not whole. */
const CATALOG = 'listOfSnapshots';

const EVEN_WHILE_OFF = 'backups:even-while-off';

/** A route that answers also where backups are off, because there can be no catalog; all others answer 503 with the reason. */
export const EvenWhileOff = (): MethodDecorator => SetMetadata(EVEN_WHILE_OFF, true);

interface EndpointOwner {
  [ADAPTER]: HttpAdapterHost;
  [CATALOG]: Catalog;
}

/**
 * Makes the methods of a controller that have a route read their inputs and write their answers themselves. Guards of the host run before; its pipes, the results of its
 * interceptors and its exception filters see neither, so that they cannot bend what is restored, or how.
 */
export function makeEndpoints({ prototype }: { prototype: object }): void {
  Inject(HttpAdapterHost)(prototype, ADAPTER);
  Inject(Catalog)(prototype, CATALOG);
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method = (prototype as Record<string, unknown>)[name] as Method;
    if (typeof method === 'function' && Reflect.hasOwnMetadata(PATH_METADATA, method))
      makeEndpoint(prototype, name, method);
  }
}

function makeEndpoint(prototype: object, name: string, method: Method): void {
  const inputs = inputsOf(prototype, name);
  const status = statusOf(method);
  const goesOnWhileOff = Reflect.hasOwnMetadata(EVEN_WHILE_OFF, method);
  const endpoint = {
    async [name](this: EndpointOwner, request: BackupRequest, response: BackupResponse) {
      const adapter = this[ADAPTER].httpAdapter as Adapter;
      try {
        if (this[CATALOG].unavailable && !goesOnWhileOff) throw this[CATALOG].unavailable;
        assertNotForged(request);
        assertJson(request);
        assertNothingElse(inputs, request);
        adapter.setHeader(response, 'Cache-Control', 'no-store');
        const progress = this[CATALOG].indexing();
        if (progress) adapter.setHeader(response, INDEXING, indexingHeader(progress));
        const answer = await method.apply(this, readAll(inputs, request, response));
        if (answer instanceof Answer) reply(adapter, response, answer.body, answer.status);
        else reply(adapter, response, answer, status);
      } catch (error) {
        replyWithError(adapter, error, request, response);
      }
    },
  }[name]!;
  describeInputs(prototype, name, method, inputs);
  for (const key of Reflect.getOwnMetadataKeys(method) as unknown[])
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), endpoint);
  Object.defineProperty(prototype, name, { value: endpoint, writable: true, configurable: true });
  Req()(prototype, name, 0);
  Res()(prototype, name, 1);
}

const readAll = (inputs: Input[], request: BackupRequest, response: BackupResponse): unknown[] =>
  inputs.map(({ read }) => read(request, response));

function statusOf(method: Method): HttpStatus {
  const given = Reflect.getOwnMetadata(HTTP_CODE_METADATA, method) as HttpStatus | undefined;
  const isPost = Reflect.getOwnMetadata(METHOD_METADATA, method) === RequestMethod.POST;
  return given ?? (isPost ? HttpStatus.CREATED : HttpStatus.OK);
}

function reply(adapter: Adapter, response: BackupResponse, body: unknown, status: HttpStatus): void {
  const own = ownResponse(response);
  if (body instanceof StreamableFile) {
    const stream = body.getStream();
    own.once('close', () => stream.destroy()); // for whoever left
    if (own.destroyed) stream.destroy();
  }
  if (body instanceof StreamedFile && body.encoding) adapter.setHeader(response, 'Content-Encoding', body.encoding);
  if (body instanceof EventStream) {
    // What stands between must neither collect the events nor compress them.
    adapter.setHeader(response, 'Cache-Control', 'no-store, no-transform');
    adapter.setHeader(response, 'X-Accel-Buffering', 'no');
  }
  if (!own.headersSent) adapter.reply(response, body, status);
}

/** OpenAPI describes what the framework reads; these parameters it does not see. */
function describeInputs(prototype: object, name: string, method: Method, inputs: Input[]): void {
  const types = (Reflect.getMetadata('design:paramtypes', prototype, name) ?? []) as Fielded[];
  const descriptor = { value: method };
  inputs.forEach(({ part, isDescribed }, index) => {
    if (!isDescribed) return;
    const type = types[index]!;
    if (part === 'body') ApiBody({ type })(prototype, name, descriptor);
    if (part !== 'query') return;
    for (const { name: parameter, required, schema } of descriptionsOf(type)) {
      const { description, example, ...rest } = schema;
      ApiQuery({
        name: parameter,
        required,
        ...(description === undefined ? {} : { description: description as string }),
        ...(example === undefined ? {} : { example }),
        schema: rest,
      })(prototype, name, descriptor);
    }
  });
}
