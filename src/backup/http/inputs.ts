import 'reflect-metadata';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import { BackupError } from '../model/errors.js';
import { hasOtherBody } from '../model/request-parts.js';
import { assertSnapshotId, idOfDocumentName, isArchiveName } from '../model/snapshot-id.js';
import { type Fielded, readBody, readQuery } from './fields.js';
import { takesGzip } from './takes-gzip.js';

/** What Express and Fastify have in common. */
export interface BackupRequest {
  method?: string;
  url?: string;
  headers: IncomingHttpHeaders;
  params: Record<string, string>;
  query: object;
  body?: unknown;
  user?: unknown;
}

/** An answer of Express is Node's own; Fastify's holds it. */
export type BackupResponse = ServerResponse | { raw: ServerResponse };

export const ownResponse = (response: BackupResponse): ServerResponse => ('raw' in response ? response.raw : response);

/** @throws UnsupportedMediaTypeException for a body that is not JSON */
export function assertJson({ headers }: BackupRequest): void {
  if (!hasOtherBody(headers)) return;
  throw new UnsupportedMediaTypeException('Send the body as JSON, with the header Content-Type: application/json.');
}

/** How one parameter of a route's method is filled. */
export interface Input {
  read: (request: BackupRequest, response: BackupResponse) => unknown;
  /** The part of the request that it reads; a route that has none for a part refuses what stands there. */
  part?: 'body' | 'query';
  /** Whether OpenAPI describes it by the type of the parameter. */
  isDescribed?: boolean;
}

const declared = new WeakMap<object, Map<string, Input[]>>();

/** The inputs of a method in the order of its parameters. */
export const inputsOf = (prototype: object, method: string): Input[] => declared.get(prototype)?.get(method) ?? [];

/** A parameter that is read from the request as it came, before any pipe of the host: one that strips unknown fields would make a misspelt restriction none. */
const input =
  (inputFor: (type: Fielded) => Input): ParameterDecorator =>
  (prototype, method, index) => {
    const types = Reflect.getMetadata('design:paramtypes', prototype, method!) as Fielded[];
    const ofClass = declared.get(prototype) ?? new Map<string, Input[]>();
    const ofMethod = ofClass.get(String(method)) ?? [];
    ofMethod[index] = inputFor(types[index]!);
    declared.set(prototype, ofClass.set(String(method), ofMethod));
  };

/** The body, as the type of the parameter declares it. */
export const Body = () =>
  input((type) => ({ read: ({ body }) => readBody(type, body), part: 'body', isDescribed: true }));

/** The body as it is, for what checks it itself. */
export const PlainBody = () => input(() => ({ read: ({ body }) => body, part: 'body' }));

/** The query, as the type of the parameter declares it. */
export const Query = () =>
  input((type) => ({ read: ({ query }) => readQuery(type, query), part: 'query', isDescribed: true }));

/** What has no fields: whatever is sent is unknown. */
export class Nothing {}

/**
 * What stands in a part that the route does not read is refused as a misspelt field is: `{"dry_run":true}` in the body of a clean-up, where it belongs in the query, would
 * else delete. Queries of routes that only read may hold what the guards of the host look for, such as a token.
 * @throws BackupError `VALIDATION_FAILED`
 */
export function assertNothingElse(inputs: Input[], { method, query, body }: BackupRequest): void {
  const isRead = (part: Input['part']) => inputs.some((one) => one.part === part);
  if (method === 'GET' || method === 'HEAD') return;
  if (!isRead('query')) readQuery(Nothing, query);
  if (!isRead('body')) readBody(Nothing, body);
}

/** Names in a path come from outside: whatever is off its pattern is unknown here, before anything looks for a file or a row. */
const pathText = (name: string, check: (text: string) => void = () => undefined) =>
  input(() => ({
    read: ({ params }) => {
      const value = params[name] ?? '';
      check(value);
      return value;
    },
  }));

export const SnapshotId = () => pathText('id', assertSnapshotId);

export const TableName = () => pathText('table');

export const ArchiveName = () =>
  pathText('archive', (text) => {
    if (isArchiveName(text)) return;
    throw new BackupError('ARCHIVE_NOT_FOUND', 'There is no archive with this name.', { advice: ['list_archives'] });
  });

export const ArchivedDocument = () =>
  pathText('filename', (text) => {
    if (idOfDocumentName(text) !== undefined) return;
    throw new BackupError('FILE_NOT_IN_ARCHIVE', 'No archive holds a snapshot document with this name.', {
      advice: ['list_archives'],
    });
  });

export const JobId = () =>
  pathText('job_id', (text) => {
    if (/^[\w-]{1,64}$/.test(text)) return;
    throw new BackupError('JOB_NOT_FOUND', 'There is no job with this id.', { advice: ['list_jobs'] });
  });

/** Whether the client takes an answer that is compressed by gzip. */
export const TakesGzip = () => input(() => ({ read: ({ headers }) => takesGzip(headers['accept-encoding']) }));

/** Aborted when the client has gone before it got its whole answer. */
export const ClientLeft = () =>
  input(() => ({
    read: (_, response) => {
      const own = ownResponse(response);
      const left = new AbortController();
      own.once('close', () => {
        if (own.writableFinished) return;
        left.abort(new BackupError('CANCELLED', 'The client closed the connection before the response.'));
      });
      return left.signal;
    },
  }));

/** Who makes the request, as the host's guard left it on `request.user`: the mail address, else the id, else null. */
export const Requester = () => input(() => ({ read: (request) => requesterOf(request) }));

export function requesterOf(request: { user?: unknown }): string | null {
  const { email, id } = (request.user ?? {}) as { email?: unknown; id?: unknown };
  const name = email ?? id;
  return typeof name === 'string' || typeof name === 'number' ? String(name) : null;
}
