import { BadRequestException, ForbiddenException, type ArgumentsHost, Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import type { HttpAdapterHost } from '@nestjs/core';
import { BackupError } from '../model/errors.js';
import { BackupErrorFilter, errorBody } from './error.filter.js';

describe('the body of an error', () => {
  it('carries the status of its code, and the details', () => {
    const error = new BackupError('SCHEMA_MISMATCH', 'It does not fit.', { differences: ['table "a" is new'] });
    expect(errorBody(error)).toEqual({
      status_code: 409,
      error_code: 'SCHEMA_MISMATCH',
      message: 'It does not fit.',
      differences: ['table "a" is new'],
    });
  });

  it('says what to do in the words of the API, and by its name', () => {
    const error = new BackupError('SCHEMA_NOT_TRUSTED', 'Nothing was changed.', { advice: ['trust_schema'] });
    expect(errorBody(error)).toMatchObject({
      message: 'Nothing was changed. Read them; if you trust them, send "trust_schema": true.',
      problem: 'Nothing was changed.',
      advice: ['trust_schema'],
    });
  });

  it('never lets details overwrite code and status', () => {
    const error = new BackupError('JOB_NOT_FOUND', 'Gone.', { status_code: 200, error_code: 'X', message: 'Y' });
    expect(errorBody(error)).toEqual({ status_code: 404, error_code: 'JOB_NOT_FOUND', message: 'Gone.' });
  });

  it("gives a host's exceptions the same format, whatever their body", () => {
    expect(errorBody(new ForbiddenException('Admins only.'))).toEqual({
      status_code: 403,
      error_code: 'FORBIDDEN',
      message: 'Admins only.',
    });
    expect(errorBody(new BadRequestException(['page must be a number', 'q is unknown']))).toEqual({
      status_code: 400,
      error_code: 'BAD_REQUEST',
      message: 'page must be a number; q is unknown',
    });
    const own = {
      error_code: 'VALIDATION_FAILED',
      message: 'The request is not valid.',
      errors: [{ field: 'q', message: 'is unknown' }],
    };
    expect(errorBody(new BadRequestException(own))).toEqual({ status_code: 400, ...own });
  });

  it('tells nothing about what nobody foresaw', () => {
    const body = errorBody(new Error("ENOENT: no such file, open '/srv/secret/place'"));
    expect(body).toMatchObject({ status_code: 500, error_code: 'INTERNAL_ERROR' });
    expect(JSON.stringify(body)).not.toContain('secret');
  });
});

describe('the filter', () => {
  let logged: MockInstance;

  beforeEach(() => {
    logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  function answerTo(thrown: unknown, headersSent = false) {
    const response = { headersSent, destroy: vi.fn() };
    const adapter = {
      reply: vi.fn(),
      setHeader: vi.fn(),
      getRequestMethod: () => 'GET',
      getRequestUrl: () => '/x?a=1',
    };
    const http = { getRequest: () => ({}), getResponse: () => response };
    const host = { httpAdapter: adapter } as unknown as HttpAdapterHost;
    new BackupErrorFilter(host).catch(thrown, { switchToHttp: () => http } as unknown as ArgumentsHost);
    return { ...response, ...adapter };
  }

  it('cuts off an answer that has begun', () => {
    const { destroy, reply } = answerTo(new Error('halfway'), true);
    expect(destroy).toHaveBeenCalledOnce();
    expect(reply).not.toHaveBeenCalled();
  });

  it('says when to come back after a 503', () => {
    const { reply, setHeader } = answerTo(new BackupError('DATABASE_LOCKED', 'Busy.'));
    expect(reply).toHaveBeenCalledWith(
      expect.anything(),
      expect.objectContaining({ error_code: 'DATABASE_LOCKED' }),
      503,
    );
    expect(setHeader).toHaveBeenCalledWith(expect.anything(), 'Retry-After', '5');
  });

  it('logs what is our fault, not what is theirs', () => {
    answerTo(new BackupError('SNAPSHOT_NOT_FOUND', 'No.'));
    expect(logged).not.toHaveBeenCalled();
    answerTo(new BackupError('ENGINE_FAILED', 'No.'));
    expect(logged).toHaveBeenCalledOnce();
  });
});
