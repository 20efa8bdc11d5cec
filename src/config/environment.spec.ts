import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CannotStart } from './backup/cannot-start.js';
import { parseEnvironment } from './environment.js';

const problems = (variables: NodeJS.ProcessEnv): string => {
  try {
    parseEnvironment(variables);
  } catch (error) {
    expect(error).toBeInstanceOf(CannotStart);
    return (error as CannotStart).message;
  }
  throw new Error('The variables were accepted.');
};

describe('parseEnvironment', () => {
  it('fills in the documented defaults', () => {
    expect(parseEnvironment({})).toEqual({
      port: 3000,
      host: '127.0.0.1',
      database: {
        address: { type: 'sqlite', path: resolve('data/app.sqlite') },
        url: `sqlite:${resolve('data/app.sqlite')}`,
      },
      backupDir: resolve('backups'),
      backupConfigFile: resolve('backup_config.json'),
      backupCatalogUrl: `sqlite:${resolve('backups/catalog.sqlite')}`,
      backupTriggers: true,
      backupFileRoots: [],
      backupRestoreOnEmpty: false,
      backupDockerContainer: undefined,
      backupMinFreeMb: 100,
      registration: true,
      trustProxy: undefined,
      jwtSecret: undefined,
      firstAdmin: undefined,
    });
  });

  it('takes what it is given', () => {
    const environment = parseEnvironment({
      NODE_ENV: 'production',
      PORT: '8080',
      HOST: '0.0.0.0',
      DATABASE_URL: 'sqlite:/var/lib/app/main.sqlite',
      BACKUP_DIR: '/mnt/backups',
      BACKUP_CONFIG_FILE: '/etc/backup.json',
      BACKUP_TRIGGERS: 'off',
      BACKUP_FILE_ROOTS: '/srv/uploads:./media',
      BACKUP_RESTORE_ON_EMPTY: 'on',
      BACKUP_DOCKER_CONTAINER: 'shop_db',
      BACKUP_MIN_FREE_MB: '0',
      JWT_SECRET: 's'.repeat(32),
      ADMIN_EMAIL: ' Ada@Example.com ',
      ADMIN_PASSWORD: 'ten charac',
    });
    expect(environment).toEqual({
      port: 8080,
      host: '0.0.0.0',
      database: {
        address: { type: 'sqlite', path: '/var/lib/app/main.sqlite' },
        url: 'sqlite:/var/lib/app/main.sqlite',
      },
      backupDir: '/mnt/backups',
      backupConfigFile: '/etc/backup.json',
      backupCatalogUrl: 'sqlite:/mnt/backups/catalog.sqlite',
      backupTriggers: false,
      backupFileRoots: ['/srv/uploads', resolve('media')],
      backupRestoreOnEmpty: true,
      backupDockerContainer: 'shop_db',
      backupMinFreeMb: 0,
      registration: true,
      trustProxy: undefined,
      jwtSecret: 's'.repeat(32),
      firstAdmin: { email: 'ada@example.com', password: 'ten charac' },
    });
    expect(environment.dataFolder).toBe('/var/lib/app');
  });

  it('takes a database on a server, beside which nothing can lie', () => {
    const url = 'postgres://app:p%40ss@db.example.com/shop?sslmode=require';
    const { database, dataFolder } = parseEnvironment({ DATABASE_URL: url });
    expect(database).toMatchObject({ url, address: { type: 'postgres', password: 'p@ss', database: 'shop' } });
    expect(dataFolder).toBe(resolve('data'));
  });

  it('refuses unknown BACKUP_ names and lists the known ones, but leaves other programs their variables', () => {
    expect(problems({ BACKUP_DIRECTORY: '/x', PATH: '/bin' })).toBe(
      'Invalid environment variables:\n  - BACKUP_DIRECTORY is not a known variable; known variables: ' +
        'BACKUP_DIR, BACKUP_CONFIG_FILE, BACKUP_CATALOG_URL, BACKUP_TRIGGERS, BACKUP_FILE_ROOTS, BACKUP_DOCKER_CONTAINER, ' +
        'BACKUP_RESTORE_ON_EMPTY, BACKUP_MIN_FREE_MB.',
    );
  });

  it.each([
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '3e3', 'a whole number'],
    ['PORT', '', 'is empty: set a value'],
    ['BACKUP_MIN_FREE_MB', '1.5', 'a whole number'],
    ['BACKUP_TRIGGERS', 'yes', '"on" or "off"'],
    ['BACKUP_DIR', ' ', 'is empty: set a value'],
    ['DATABASE_URL', 'mssql://u:p@db/app', '"mssql:" is not supported'],
    ['DATABASE_URL', 'postgres://u:p@db', 'names no database'],
    ['DATABASE_URL', './app.sqlite', 'has no scheme'],
    ['DATABASE_URL', 'postgres://u:p@db/app?sslmode=perhaps', 'sslmode must be one of'],
    ['DATABASE_URL', 'sqlite::memory:', 'path of a file'],
    ['DATABASE_URL', 'sqlite:', 'path of a file'],
    ['DATABASE_URL', 'sqlite:./data/', 'path of a file'],
    ['DATABASE_URL', 'sqlite://host/app.sqlite', 'path of a file'],
    ['DATABASE_URL', 'sqlite:app.sqlite?mode=ro', 'path of a file'],
    ['BACKUP_CATALOG_URL', './catalog.sqlite', 'path of a file'],
    ['JWT_SECRET', 's'.repeat(31), 'at least 32 characters'],
  ])('refuses %s=%j', (name, value, allowed) => {
    const message = problems({ [name]: value });
    expect(message).toContain(`- ${name} `);
    expect(message).toContain(allowed);
  });

  it('wants a secret in production only', () => {
    expect(problems({ NODE_ENV: 'production' })).toContain('JWT_SECRET is required in production');
    expect(parseEnvironment({ NODE_ENV: 'development' }).jwtSecret).toBeUndefined();
  });

  it.each([
    ['1', 1],
    ['loopback, 10.0.0.0/8', ['loopback', '10.0.0.0/8']],
    ['2001:db8::1', ['2001:db8::1']],
  ])('takes %s for TRUST_PROXY', (text, value) =>
    expect(parseEnvironment({ TRUST_PROXY: text }).trustProxy).toEqual(value),
  );

  it.each(['true', '0', '10.0.0.0/0', '10.0.0.0/33', 'proxy.example.com', '10.0.0.1,,'])(
    'refuses %s for TRUST_PROXY',
    (text) => expect(problems({ TRUST_PROXY: text })).toContain('TRUST_PROXY must be the number of proxies'),
  );

  it('wants both or neither of the first admin', () => {
    expect(problems({ ADMIN_EMAIL: 'a@example.com' })).toContain('ADMIN_PASSWORD is missing');
    expect(problems({ ADMIN_PASSWORD: 'long enough' })).toContain('ADMIN_EMAIL is missing');
    expect(problems({ ADMIN_EMAIL: 'nobody', ADMIN_PASSWORD: 'long enough' })).toContain(
      'ADMIN_EMAIL must be an e-mail',
    );
    expect(problems({ ADMIN_EMAIL: 'a@example.com', ADMIN_PASSWORD: 'short' })).toContain(
      'ADMIN_PASSWORD must have 10',
    );
  });

  it('tells all mistakes at once and repeats no value', () => {
    const message = problems({ PORT: 'hunter2', DATABASE_URL: 'mysql://root:hunter2@db', JWT_SECRET: 'hunter2' });
    expect(message.match(/^ {2}- /gm)).toHaveLength(3);
    expect(message).not.toContain('hunter2');
  });
});
