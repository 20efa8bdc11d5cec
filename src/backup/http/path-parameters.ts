import type { ServerResponse } from 'node:http';
import { createParamDecorator, type ExecutionContext, Param, type PipeTransform } from '@nestjs/common';
import { BackupError } from '../model/errors.js';
import { assertSnapshotId, idOfDocumentName, isArchiveName } from '../model/snapshot-id.js';

/** Names in a path come from outside: whatever is off its pattern is unknown here, before anything looks for a file or a row. */
const checked = (check: (text: string) => void): PipeTransform<string, string> => ({
  transform(text) {
    check(text);
    return text;
  },
});

export const SnapshotId = () => Param('id', checked(assertSnapshotId));

export const ArchiveName = () =>
  Param(
    'archive',
    checked((text) => {
      if (isArchiveName(text)) return;
      throw new BackupError('ARCHIVE_NOT_FOUND', 'There is no archive with this name.', { advice: ['list_archives'] });
    }),
  );

export const ArchivedDocument = () =>
  Param(
    'filename',
    checked((text) => {
      if (idOfDocumentName(text) !== undefined) return;
      throw new BackupError('FILE_NOT_IN_ARCHIVE', 'No archive holds a snapshot document with this name.', {
        advice: ['list_archives'],
      });
    }),
  );

export const JobId = () =>
  Param(
    'job_id',
    checked((text) => {
      if (/^[\w-]{1,64}$/.test(text)) return;
      throw new BackupError('JOB_NOT_FOUND', 'There is no job with this id.', { advice: ['list_jobs'] });
    }),
  );

/** Aborted when the client has gone before it got its whole answer. */
export const ClientLeft = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal => {
  const response = context.switchToHttp().getResponse<ServerResponse>();
  const left = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) left.abort(new BackupError('CANCELLED', 'The client did not wait for the answer.'));
  });
  return left.signal;
});

/** Who makes the request, as the host's guard left it on `request.user`: the mail address, else the id, else null. */
export const Requester = createParamDecorator((_: unknown, context: ExecutionContext): string | null =>
  requesterOf(context.switchToHttp().getRequest()),
);

export function requesterOf(request: { user?: unknown }): string | null {
  const { email, id } = (request.user ?? {}) as { email?: unknown; id?: unknown };
  const name = email ?? id;
  return typeof name === 'string' || typeof name === 'number' ? String(name) : null;
}
