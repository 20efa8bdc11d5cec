import { describe, expect, it } from 'vitest';
import type { ServerTarget } from '../../database-target.js';
import { explain } from './postgres.errors.js';

const TARGET: ServerTarget = {
  type: 'postgres',
  host: 'db.example.com',
  port: 5432,
  user: 'app',
  password: 's3cret',
  database: 'shop',
  tls: 'off',
  busyTimeoutMs: 5000,
  migrationsTable: 'migrations',
};

const thrown = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('explain', () => {
  it.each([
    [thrown('55P03', 'canceling statement due to lock timeout'), 'DATABASE_LOCKED', /5 s/],
    [thrown('40P01', 'deadlock detected'), 'DATABASE_LOCKED', /try again/],
    [thrown('28P01', 'password authentication failed for user "app"'), 'DATABASE_UNAVAILABLE', /user and password/],
    [thrown('3D000', 'database "shop" does not exist'), 'DATABASE_UNAVAILABLE', /does not exist/],
    [thrown('53300', 'sorry, too many clients already'), 'DATABASE_UNAVAILABLE', /too many clients/],
    [thrown('ECONNREFUSED', 'connect ECONNREFUSED'), 'DATABASE_UNAVAILABLE', /db\.example\.com:5432/],
    [thrown('57P01', 'terminating connection due to administrator command'), 'DATABASE_UNAVAILABLE', /was lost/],
    [new Error('Connection terminated unexpectedly'), 'DATABASE_UNAVAILABLE', /was lost/],
    [thrown('42501', 'must be owner of table users'), 'DATABASE_UNAVAILABLE', /role "app" lacks a right/],
    [thrown('25006', 'cannot execute TRUNCATE TABLE in a read-only transaction'), 'DATABASE_UNAVAILABLE', /primary/],
    [thrown('23503', 'violates foreign key constraint "f"'), 'CONSTRAINT_VIOLATION', /"f"/],
    [thrown('22P02', 'invalid input syntax for type integer: "x"'), 'CONSTRAINT_VIOLATION', /integer/],
    [thrown('53100', 'could not extend file'), 'DISK_FULL', /server is full/],
    [thrown('54000', 'out of memory'), 'UNSUPPORTED', /native engine/],
    [thrown('XX000', 'something else'), 'ENGINE_FAILED', /something else/],
  ])('says what %s means', (error, code, message) => {
    const explained = explain(error, TARGET);
    expect(explained).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(JSON.stringify([explained, explained.message])).not.toContain('s3cret');
  });
});
