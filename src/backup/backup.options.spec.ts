import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { resolveOptions, type BackupModuleOptions } from './backup.options.js';
import { BackupError } from './model/errors.js';

function refusal(options: unknown): string {
  try {
    resolveOptions(options as BackupModuleOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(BackupError);
    expect((error as BackupError).code).toBe('CONFIG_INVALID');
    return (error as BackupError).message;
  }
  throw new Error('was accepted');
}

describe('resolveOptions', () => {
  it('fills in the defaults', () => {
    const resolved = resolveOptions({ database: 'sqlite:./data/app.sqlite' });
    expect(resolved).toMatchObject({
      databases: {
        default: {
          type: 'sqlite',
          path: resolve('data/app.sqlite'),
          busyTimeoutMs: 5000,
          migrationsTable: 'migrations',
        },
      },
      fileRoots: [],
      native: {},
      restoreOnEmpty: false,
      directory: resolve('backups'),
      configFile: resolve('backup_config.json'),
      catalogUrl: `sqlite:${join(resolve('backups'), 'catalog.sqlite')}`,
      events: [],
      minFreeBytes: 100_000_000,
      jobTimeoutMs: 3_600_000,
      maintenanceExempt: [],
    });
    expect(resolved.appVersion).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('takes what it is given', () => {
    const options = {
      database: { url: 'sqlite:///srv/app.db', busyTimeoutMs: 1, migrationsTable: 'm' },
      databases: { reports: 'postgres://app@db/reports' },
      fileRoots: ['./uploads'],
      directory: '/b',
      triggers: false,
      minFreeMb: 0,
    };
    expect(resolveOptions(options)).toMatchObject({
      databases: {
        default: { path: '/srv/app.db', busyTimeoutMs: 1, migrationsTable: 'm' },
        reports: { type: 'postgres', host: 'db', database: 'reports', busyTimeoutMs: 5000 },
      },
      fileRoots: [resolve('uploads')],
      directory: '/b',
      catalogUrl: 'sqlite:/b/catalog.sqlite',
      triggers: false,
      minFreeBytes: 0,
    });
  });

  it.each([
    [{ database: 'sqlite:a', retention: 3 }, /"retention" is not an option; known options: database, databases, /],
    [{ database: 'sqlite:a', constructor: 3 }, /"constructor" is not an option/],
    [{ database: { url: 'sqlite:a', path: 'x' } }, /"database\.path" is not an option/],
    [{}, /"database" is missing/],
    [{ database: {} }, /"database" cannot be used: it says neither an address/],
    [{ database: 3 }, /"database" must be a URL such as/],
    [{ database: 'sqlite:a', databases: { b: { type: 'mongodb' } } }, /"databases\.b" cannot be used: "mongodb"/],
    [{ database: 'sqlite:a', databases: { default: 'sqlite:b' } }, /choose another name/],
    [{ database: 'sqlite:a', databases: { 'a b': 'sqlite:b' } }, /"databases" must be an object that maps names/],
    [{ database: 'sqlite:a', databases: { b: 'oracle:b' } }, /"databases\.b" cannot be used/],
    [{ database: 'sqlite:a', fileRoots: 'uploads' }, /"fileRoots" must be a list of folders/],
    [{ database: 'sqlite:a', minFreeMb: -1 }, /"minFreeMb" must be a whole number/],
    [{ database: 'sqlite:a', jobTimeoutMinutes: 0 }, /"jobTimeoutMinutes" must be a whole number from 1 to 10080/],
    [{ database: 'sqlite:a', triggers: 'off' }, /"triggers" must be true or false/],
    [{ database: 'sqlite:a', directory: ' ' }, /"directory" must be a non-empty string/],
    [{ database: 'sqlite:a', maintenanceExempt: ['healthz'] }, /"maintenanceExempt" must be a list of paths/],
    [{ database: './app.sqlite' }, /no scheme.*Supported: "sqlite:/],
    [{ database: 'sqlite::memory:' }, /must name a file/],
    [{ database: 'sqlite:a', events: 'user.created' }, /"events" must be a list/],
    [{ database: 'sqlite:a', events: [''] }, /"events\[0\]\.event" must be the name of an event/],
    [{ database: 'sqlite:a', events: ['a', { event: 'b\n' }] }, /"events\[1\]\.event" must be the name of an event/],
    [
      { database: 'sqlite:a', events: [{ name: 'a' }] },
      /"events\[0\]\.name" is not an option; known options: event, subject/,
    ],
    [{ database: 'sqlite:a', events: [{}] }, /"events\[0\]\.event" is missing/],
    [{ database: 'sqlite:a', events: [{ event: 'a', subject: 'b' }] }, /"events\[0\]\.subject" must be a function/],
    [{ database: 'sqlite:a', events: ['role.created'] }, /"role\.created", which always triggers a snapshot/],
    [{ database: 'sqlite:a', events: ['a', { event: 'a' }] }, /"events" names "a" twice/],
    [undefined, /must be an object/],
  ])('refuses %j', (options, message) => {
    expect(refusal(options)).toMatch(message);
  });

  it('names the scheme it cannot use and repeats nothing else of the address', () => {
    const message = refusal({ database: 'oracle://admin:s3cret@db.internal/app' });
    expect(message).toContain('"oracle:" is not supported');
    expect(message).not.toMatch(/s3cret|db\.internal/);
  });
});

describe('timers and listeners', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ['production', undefined, true],
    ['test', undefined, false],
    ['test', true, true],
    ['production', false, false],
  ])('with NODE_ENV=%s and triggers %s: %s', (environment, triggers, expected) => {
    vi.stubEnv('NODE_ENV', environment);
    const options = { database: 'sqlite:a', ...(triggers === undefined ? {} : { triggers }) };
    expect(resolveOptions(options).triggers).toBe(expected);
    expect(resolveOptions(options).isQuietInTests).toBe(environment === 'test' && triggers === undefined);
  });
});
