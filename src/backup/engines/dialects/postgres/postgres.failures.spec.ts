import { describe, expect, it } from 'vitest';
import type { ServerTarget } from '../../database-target.js';
import { explain as explainDriver } from './postgres.errors.js';
import { explain as explainProgram } from '../../native/postgres/postgres.errors.js';

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

/** What servers have said, and what it means. */
const TOLD: [state: string, words: string, code: string, sentence: RegExp][] = [
  ['55P03', 'canceling statement due to lock timeout', 'DATABASE_LOCKED', /5 s.*pg_stat_activity/],
  ['40P01', 'deadlock detected', 'DATABASE_LOCKED', /try again/],
  ['40001', 'canceling statement due to conflict with recovery', 'DATABASE_LOCKED', /standby.*hot_standby_feedback/],
  [
    '28P01',
    'password authentication failed for user "app"',
    'DATABASE_UNAVAILABLE',
    /db\.example\.com:5432.*user and password/,
  ],
  ['3D000', 'database "shop" does not exist', 'DATABASE_UNAVAILABLE', /does not exist/],
  ['53300', 'sorry, too many clients already', 'DATABASE_UNAVAILABLE', /too many clients/],
  ['57P01', 'terminating connection due to administrator command', 'DATABASE_UNAVAILABLE', /was lost/],
  ['08006', 'connection failure', 'DATABASE_UNAVAILABLE', /was lost/],
  ['42501', 'permission denied for table users', 'DATABASE_UNAVAILABLE', /role "app" lacks a right/],
  [
    '42501',
    'query would be affected by row-level security policy for table "t"',
    'DATABASE_UNAVAILABLE',
    /lacks a right/,
  ],
  [
    '25006',
    'cannot execute TRUNCATE TABLE in a read-only transaction',
    'DATABASE_UNAVAILABLE',
    /accepts no writes.*primary/,
  ],
  ['0A000', 'cannot set transaction read-write mode during recovery', 'DATABASE_UNAVAILABLE', /standby.*primary/],
  ['0A000', 'cannot access temporary or unlogged relations during recovery', 'UNSUPPORTED', /unlogged.*SET LOGGED/],
  ['0A000', 'something that it cannot do', 'ENGINE_FAILED', /something that it cannot do/],
  ['08P01', 'unsupported startup parameter: options', 'UNSUPPORTED', /pooler.*server itself/],
  [
    '23503',
    'insert or update violates foreign key constraint "connection to server SSL during recovery"',
    'CONSTRAINT_VIOLATION',
    /does not accept/,
  ],
  ['22P02', 'invalid input syntax for type integer: "x"', 'CONSTRAINT_VIOLATION', /integer/],
  ['53100', 'could not extend file "base/1/2": No space left on device', 'DISK_FULL', /server is full/],
  ['2BP01', 'cannot drop table t because other objects depend on it', 'SCHEMA_MISMATCH', /Drop it first/],
  [
    '54000',
    'row is too big: size 8488, maximum size 8160',
    'CONSTRAINT_VIOLATION',
    /cannot store a row of the snapshot: .*8160/,
  ],
  [
    '54000',
    'index row size 2744 exceeds btree version 4 maximum 2704 for index "i"',
    'CONSTRAINT_VIOLATION',
    /cannot store a row/,
  ],
  ['54000', 'out of memory', 'UNSUPPORTED', /print as JSON.*native engine/],
  ['54011', 'tables can have at most 1600 columns', 'UNSUPPORTED', /one of its limits/],
  ['XX000', 'something else', 'ENGINE_FAILED', /something else/],
];

describe('an error of a PostgreSQL server', () => {
  it.each(TOLD)('%s %s means %s, whoever asked', (state, words, code, sentence) => {
    const thrown = explainDriver(Object.assign(new Error(words), { code: state }), TARGET);
    const printed = explainProgram(`psql:<stdin>:3: ERROR: ${state}: ${words}\nDETAIL:  row (s3cret)\n`, 3, TARGET);
    for (const error of [thrown, printed]) {
      expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) });
      expect(JSON.stringify([error, error.message])).not.toContain('s3cret');
    }
  });

  it.each([
    [
      'duplicate key value violates unique constraint "one_mail"',
      /"one_mail" \(Key \(mail\)=\(a@b\)\)\..* drop it, restore/,
    ],
    ['could not create unique index "one_mail"', /"one_mail" \(Key \(mail\)=\(a@b\)\)\..* restore by hand/],
  ])('names a key that comes twice, and what to do: %s', (words, sentence) => {
    const detail = 'Key (mail)=(a@b) is there twice.';
    for (const error of [
      explainDriver(Object.assign(new Error(words), { code: '23505', detail }), TARGET),
      explainProgram(`psql:<stdin>:3: ERROR:  23505: ${words}\nDETAIL: ${detail}\n`, 3, TARGET),
    ])
      expect(error).toMatchObject({ code: 'CONSTRAINT_VIOLATION', message: expect.stringMatching(sentence) });
  });

  it.each([
    ['pg_dump: error: query failed: ERROR:  permission denied for table t', 'DATABASE_UNAVAILABLE', /lacks a right/],
    ['pg_dump: error: query failed: ERROR:  canceling statement due to statement timeout', 'DATABASE_LOCKED', /5 s/],
    [
      'pg_dump: error: ERROR:  cannot access temporary or unlogged relations during recovery',
      'UNSUPPORTED',
      /SET LOGGED/,
    ],
    [
      'psql: error: connection to server at "h", port 1 failed: Connection refused',
      'DATABASE_UNAVAILABLE',
      /cannot be opened/,
    ],
    [
      'psql: error: connection to server at "h" failed: FATAL:  database "x" does not exist',
      'DATABASE_UNAVAILABLE',
      /does not exist/,
    ],
    ['pg_dump: error: aborting because of server version mismatch', 'UNSUPPORTED', /postgresql-client/],
    ['pg_restore: error: unsupported version (1.99) in file header', 'UNSUPPORTED', /newer pg_dump/],
    ['pg_restore: error: could not write: No space left on device', 'DISK_FULL', /Free some space/],
    ['something', 'ENGINE_FAILED', /program reports: something/],
  ])('that a program prints without its state is known by its words: %s', (printed, code, sentence) => {
    expect(explainProgram(printed, 1, TARGET)).toMatchObject({ code, message: expect.stringMatching(sentence) });
  });

  it.each([
    ['ECONNREFUSED', 'connect ECONNREFUSED', /db\.example\.com:5432 cannot be opened/],
    ['EPIPE', 'write EPIPE', /was lost/],
    [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'self-signed certificate in certificate chain',
      /is not trusted: .*sslrootcert.*NODE_EXTRA_CA_CERTS/,
    ],
    [undefined, 'Connection terminated unexpectedly', /was lost/],
    [undefined, 'Client has encountered a connection error and is not queryable', /was lost/],
  ])('%s, which the system tells, is told as one of the connection', (code, message, sentence) => {
    const error = explainDriver(Object.assign(new Error(message), { code }), TARGET);
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.stringMatching(sentence) });
  });
});
