import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SnapshotRepository } from '../../src/backup/stores/snapshot.repository.js';
import type { Job } from '../../src/backup/model/job.js';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import { CliBench } from '../support/cli-bench.js';
import { isPrivileged } from '../support/privileges.js';
import { daysAgo, SnapshotSeed } from '../support/planted-snapshots.js';
import { placeSample } from '../support/sample-snapshots.js';

/** What a program is told of an error. */
const errorOf = (err: string): unknown => JSON.parse(err);

describe('the command line, looking', () => {
  let bench: CliBench;
  let first: string;
  let second: string;

  beforeAll(async () => {
    bench = await CliBench.open();
    first = await bench.create('--description', 'evil\u001b[2J\nname\u202e', '--kind', 'full');
    bench.sql("INSERT INTO users VALUES (3, 'eve@example.com'); UPDATE orders SET amount = 5 WHERE id = 1");
    second = await bench.create();
  });
  afterAll(() => bench.close());

  it('lists what there is, newest first, by the filters of the API', async () => {
    const ids = async (...filters: string[]) =>
      (await bench.json<{ items: Snapshot[]; total: number }>('list', ...filters)).items.map(({ id }) => id);
    expect(await ids()).toEqual([second, first]);
    expect(await ids('--limit', '1')).toEqual([second]);
    expect(await ids('--search', 'NAME')).toEqual([first]);
    expect(await ids('--trigger', 'safety')).toEqual([]);
    expect(await ids('--plan', 'auto', '--kind', 'full', '--location', 'regular', '--source', 'database')).toHaveLength(
      2,
    );
    expect(await ids('--to', '2026-01-01')).toEqual([]);
    expect(await ids('--from', '2026-01-01T00:00')).toHaveLength(2);
    expect((await bench.ok('list', '--limit', '1')).split('\n')).toEqual([
      expect.stringMatching(/^ID +TAKEN +PLAN +KIND +TRIGGER +SIZE +ROWS +VERIFIED$/),
      expect.stringMatching(new RegExp(`^${second} +\\d+ s ago +auto +full +cli +\\d.* B +5 +-$`)),
      '1 more; --limit 2 shows all.',
      '',
    ]);
  });

  it('lets nothing through that a terminal would obey', async () => {
    expect(await bench.ok('list')).toContain('evil\\x1b[2J\\x0aname\\u202e');
    const obeyed = (text: string) =>
      [...text].filter((letter) => (letter < ' ' && letter !== '\n') || letter === '\u202e');
    for (const command of [['list'], ['show', first]]) expect(obeyed(await bench.ok(...command))).toEqual([]);
  });

  it('shows one, by its id, a beginning that is like no other, or as the newest', async () => {
    const shown = await bench.json<Snapshot & { manifest: { id: string } }>('show', first);
    expect(shown).toMatchObject({ id: first, manifest: { id: first }, tables: { users: { rows: 2 } }, needed_by: [] });
    expect(await bench.json('show', 'newest')).toMatchObject({ id: second });
    expect(await bench.json('show', 'newest:auto')).toMatchObject({ id: second });
    expect(await bench.ok('show', second)).toMatch(/^TABLE +ROWS.*\norders +2 .*\nusers +3 /m);
    const ambiguous = await bench.run(['show', 'manual_', '--json']);
    expect(ambiguous.code).toBe(3);
    expect(errorOf(ambiguous.err)).toMatchObject({ error_code: 'AMBIGUOUS', candidates: [second, first] });
  });

  it.each([
    [['show', 'no_such_one'], 3, 'SNAPSHOT_NOT_FOUND', '"nestjs-backup list" shows them'],
    [['show', 'newest:nightly'], 3, 'SNAPSHOT_NOT_FOUND', 'of plan "nightly"'],
    [['verify', 'no/such'], 3, 'SNAPSHOT_NOT_FOUND', 'no snapshot'],
    [['create', '--plan', 'nightly'], 3, 'PLAN_NOT_FOUND', 'Known plans: auto'],
    [['extract', 'newest', '--table', 'nope'], 3, 'TABLE_NOT_FOUND', 'orders, users'],
    [['restore', './nowhere/x.json', '--yes'], 3, 'SNAPSHOT_NOT_FOUND', 'ENOENT'],
    [['list', '--dir', '/no/such/folder'], 3, 'FOLDER_NOT_FOUND', '--dir or BACKUP_DIR'],
    [['list', '--kind', 'half'], 2, 'USAGE', 'Allowed choices are full, differential'],
    [['list', '--from', 'yesterday'], 2, 'USAGE', 'a time in UTC'],
    [['list', '--limit', '0'], 2, 'USAGE', 'whole number'],
    [['show'], 2, 'USAGE', "missing required argument 'snapshot'"],
    [['frobnicate'], 2, 'USAGE', 'unknown command'],
    [['restore', 'backups', 'newest', '--yes'], 2, 'USAGE', 'write ./backups'],
    [['restore', 'newest'], 5, 'CONFIRMATION_REQUIRED', 'Add --yes'],
    [['lst'], 2, 'USAGE', "unknown command 'lst' (Did you mean list?)."],
    [['config', 'set', 'retention_days'], 2, 'USAGE', 'field=value'],
    [
      ['config', 'set', 'retention_days=0', 'min_keep="x"'],
      2,
      'CONFIG_INVALID',
      '"retention_days" must be a whole number',
    ],
    [['config', 'get', 'nope'], 2, 'USAGE', 'known: auto_archive_after_days'],
    [['list', '--database', 'postgres://app:hunter2@db/app'], 2, 'USAGE', 'PGPASSWORD'],
    [['list', '--database', 'mysql://app:hunter2@db/app'], 2, 'USAGE', 'MYSQL_PWD'],
    [['restore', 'newest', '--yes', '--to', 'postgres://app:hunter2@db/app'], 2, 'USAGE', 'PGPASSWORD'],
    [['restore', 'newest', '--yes', '--to', './folder'], 2, 'USAGE', 'such as sqlite:./folder'],
  ])('refuses %j with %i', async (args, code, error_code, message) => {
    const answer = await bench.run([...args, '--json']);
    expect(errorOf(answer.err)).toMatchObject({ error_code, message: expect.stringContaining(message) as unknown });
    expect(answer).toMatchObject({ code, out: '' });
    expect(answer.err).not.toContain('hunter2');
    const inWords = await bench.run(args);
    expect(inWords).toMatchObject({ code, out: '' });
    expect(inWords.err).toContain(message);
  });

  it('needs nothing that belongs to the server, and says what is wrong in the environment', async () => {
    const production = { ...bench.env, NODE_ENV: 'production', PORT: 'x', ADMIN_EMAIL: 'x' };
    expect((await bench.run(['list'], production)).code).toBe(0);
    const wrong = await bench.run(['list', '--json'], { ...bench.env, BACKUP_DIRECTORY: 'x' });
    expect(wrong.code).toBe(2);
    expect(errorOf(wrong.err)).toMatchObject({ error_code: 'CONFIG_INVALID' });
  });

  it('says what changed since, in counts and in rows', async () => {
    const { tables } = await bench.json<{ tables: object[] }>('diff', first, second);
    expect(tables).toMatchObject([
      { table: 'orders', inserted: 0, updated: 1, deleted: 0 },
      { table: 'users', inserted: 1, updated: 0, deleted: 0 },
    ]);
    expect(await bench.ok('diff', first, second)).toMatch(/^users +2 +3 +1 +0 +0$/m);
    expect(await bench.ok('diff', second)).toMatch(/^No differences between/);
    const rows = JSON.parse(await bench.ok('diff', first, 'now', '--table', 'users', '--json')) as { rows: object[] };
    expect(rows.rows).toEqual([{ kind: 'inserted', before: null, after: { id: 3, email: 'eve@example.com' } }]);
  });

  it('extracts a snapshot or a table, into a file only as a whole and never over another', async () => {
    const document = JSON.parse(await bench.ok('extract', first)) as { tables: Record<string, { rows: object[] }> };
    expect(document.tables['users']!.rows).toHaveLength(2);
    expect(JSON.parse(await bench.ok('extract', second, '--table', 'users'))).toMatchObject({
      total: 3,
      rows: [{ id: 1 }, { id: 2 }, { id: 3 }],
    });
    const file = bench.path('out.json');
    await bench.ok('extract', first, '-o', file);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(document);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await bench.run(['extract', second, '-o', file])).toMatchObject({ code: 5, out: '' });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(document);
    expect((await bench.run(['extract', second, '-o', bench.path('nowhere', 'x.json')])).code).toBe(1);
    expect((await readdir(bench.folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('tells what plans can name, and leaves nothing behind', async () => {
    const roots = { ...bench.env, BACKUP_FILE_ROOTS: bench.path('nowhere') };
    const listed = await bench.run(['sources'], roots);
    expect(listed).toMatchObject({ code: 0, err: '' });
    expect(listed.out).toContain('Database default (sqlite, app.sqlite)\n  2 tables\n    orders\n    users\n');
    expect(listed.out).toContain('nowhere: cannot be read (ENOENT)');
    const broken = await bench.run(['sources', '--dir', bench.path('new'), '--database', 'sqlite:./missing.sqlite']);
    expect(broken.out).toContain('The database file "missing.sqlite" does not exist.');
    await expect(stat(bench.path('new'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('tells sizes, schedule and history', async () => {
    expect(await bench.json('stats')).toMatchObject({ total_backups: 2, by_trigger: { cli: 2 }, retention_days: 30 });
    expect(await bench.json('schedule')).toMatchObject([
      { plan: 'auto', enabled: true, every: '10 minutes', last_status: 'completed' },
    ]);
    const { items } = await bench.json<{ items: Job[] }>('jobs', '--type', 'capture');
    expect(items).toMatchObject([
      { requested_by: expect.stringMatching(/^cli/) as unknown, snapshot_id: second },
      { snapshot_id: first },
    ]);
  });
});

describe('the command line, keeping', () => {
  let bench: CliBench;
  beforeEach(async () => (bench = await CliBench.open()));
  afterEach(() => bench.close());

  it('takes snapshots by the plans named, by all, or by the main one', async () => {
    await writeFile(
      bench.path('backup_config.json'),
      JSON.stringify({ plans: [{ name: 'auto' }, { name: 'people', tables: ['users'], interval_minutes: 60 }] }),
    );
    expect(await bench.json('create', '--description', 'x')).toMatchObject({
      plan: 'auto',
      trigger: { type: 'cli' },
      description: 'x',
    });
    expect(await bench.json('create', '--all')).toMatchObject([
      { plan: 'auto' },
      { plan: 'people', tables: { users: { rows: 2 } } },
    ]);
    expect(await bench.json('create', '--plan', 'people')).toMatchObject([{ plan: 'people' }]);
    expect(await bench.json('show', 'newest:auto')).toMatchObject({ plan: 'auto' });
    expect((await bench.run(['create', '--all', '--plan', 'auto'])).code).toBe(2);
  });

  it('ends with 4 where backups are missing, or damaged', async () => {
    await mkdir(bench.path('backups'));
    const none = await bench.run(['health']);
    expect(none).toMatchObject({ code: 4, err: '' });
    expect(none.out).toMatch(/^CRITICAL\n {2}There is no backup/);
    const id = await bench.create();
    expect((await bench.run(['health'])).out).toMatch(/^HEALTHY\n/);
    await bench.ok('verify', id);
    const document = bench.path('backups', `${id}.json`);
    const written = await readFile(document, 'utf8');
    await writeFile(document, written.replace('ada', 'adb'));
    expect(await bench.run(['verify'])).toMatchObject({
      code: 4,
      out: expect.stringMatching(/: DAMAGED\./) as unknown,
    });
    const all = await bench.run(['verify', '--all', '--json']);
    expect(all.code).toBe(4);
    expect(JSON.parse(all.out)).toMatchObject([{ id, is_valid: false }]);
    expect(await bench.run(['health'])).toMatchObject({ code: 4 });
    expect((await bench.run(['restore', id, '--yes'])).code).toBe(4);
    expect((await bench.run(['extract', id])).code).toBe(4);
    expect(await bench.ok('list')).toContain('DAMAGED');
  });

  it('packs what is due, deletes what has expired, and says before what stays and why', async () => {
    const seed = await SnapshotSeed.read(bench.path('backups'), await bench.create());
    const old = await seed.plant(bench.path('backups'), daysAgo(40, '12:00:00'));
    const due = await seed.plant(bench.path('backups'), daysAgo(20, '12:00:00'));
    await bench.ok('config', 'set', 'min_keep=1', '--confirm-deletions', '1');
    const preview = await bench.json<{ kept: object[] }>('cleanup', '--dry-run');
    expect(await bench.json('rotate', '--dry-run')).toEqual(preview); // its other name
    expect(preview).toMatchObject({ archived: [{ ids: [due] }], deleted: [old] });
    expect(preview.kept).toContainEqual({ id: due, reasons: ['within_retention'] });
    expect(await bench.ok('cleanup', '--dry-run')).toMatch(/To delete:\n {2}auto_backup.*\n.*STAYS +BECAUSE/s);
    expect(await bench.json('show', old.slice(0, 'auto_backup_20260130'.length))).toMatchObject({ id: old });
    expect(await bench.json('archive')).toMatchObject({ archived: 1, deleted: 0 });
    expect(await bench.json('show', old)).toMatchObject({ location: 'regular' });
    expect(await bench.json('show', due)).toMatchObject({ location: 'archived' });
    expect(await bench.json('cleanup')).toMatchObject({ archived: 0, deleted: 1 });
    expect((await bench.run(['show', old])).code).toBe(3);
    await bench.ok('verify', due);
  });

  it('changes the settings at the field, or not at all', async () => {
    expect(await bench.json('config', 'get')).toMatchObject({ retention_days: 30 });
    expect(await bench.ok('config', 'get', 'min_keep')).toBe('5\n');
    await bench.ok('config', 'set', 'retention_days=60', 'plans=[{"name":"auto","keep_last":3}]');
    expect(await bench.json('config', 'get')).toMatchObject({
      retention_days: 60,
      plans: [{ name: 'auto', keep_last: 3 }],
    });
    const wrong = await bench.run(['config', 'set', 'retention_days=90', 'plans=[{"name":"auto","keep":3}]', '--json']);
    expect(errorOf(wrong.err)).toMatchObject({ error_code: 'CONFIG_INVALID', errors: [{ field: 'plans[0].keep' }] });
    expect(await bench.ok('config', 'get', 'retention_days')).toBe('60\n');
  });

  it('reads manifests anew where the catalog is wrong, missing, or broken', async () => {
    const id = await bench.create();
    const catalog = bench.path('backups', 'catalog.sqlite');
    const rows = async () => (await bench.json<{ total: number }>('list')).total;
    bench.sql("UPDATE backup_snapshots SET plan = 'wrong', created_at = '2020-01-01T00:00:00.000Z'", catalog);
    expect(await bench.json('show', id)).toMatchObject({ plan: 'wrong' });
    expect(await bench.json('rebuild-catalog')).toEqual({ regular: 1, archived: 0 });
    expect(await bench.json('show', id)).toMatchObject({ plan: 'auto' });
    for (const name of await readdir(bench.path('backups')))
      if (name.startsWith('catalog')) await rm(bench.path('backups', name));
    expect(await rows()).toBe(1);
    await writeFile(catalog, 'this is no database '.repeat(100));
    const broken = await bench.run(['list']);
    expect(broken).toMatchObject({
      code: 0,
      err: expect.stringContaining('Warning: The catalog was damaged') as unknown,
    });
    expect(await rows()).toBe(1);
  });

  it('waits until all snapshots are listed, and says how many those are', async () => {
    const many = 230;
    await mkdir(bench.path('backups'));
    const names = Array.from({ length: many }, (_, n) => `s${n}`);
    const created_at = new Date().toISOString();
    await Promise.all(names.map((id) => placeSample(bench.path('backups'), id, { created_at })));
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const read = SnapshotRepository.prototype.readRegular; // eslint-disable-line @typescript-eslint/unbound-method -- called with its object below
    let reads = 0;
    const gated = vi.spyOn(SnapshotRepository.prototype, 'readRegular').mockImplementation(async function (
      this: SnapshotRepository,
      id,
    ) {
      if (++reads > 200) await opened;
      return read.call(this, id);
    });
    try {
      const { out, err } = await bench.run(['stats'], bench.env, undefined, open); // opens with the first thing that is said
      expect(err).toBe(`Indexing: ${many} snapshots\n`);
      expect(out).toMatch(new RegExp(`\\b${many}\\b`));
    } finally {
      gated.mockRestore();
    }
  });

  it('writes nothing into a folder that is only read', async () => {
    const id = await bench.create();
    for (const name of await readdir(bench.path('backups')))
      if (!name.startsWith(id)) await rm(bench.path('backups', name), { recursive: true });
    const before = await stat(bench.path('backups'));
    for (const command of [
      ['list'],
      ['show', id],
      ['verify', '--all'],
      ['extract', id],
      ['health'],
      ['stats'],
      ['diff', id],
    ])
      await bench.ok(...command, '--read-only');
    await bench.ok('restore', id, '--read-only', '--yes', '--to', `sqlite:${bench.path('copy.sqlite')}`);
    expect(bench.table('users', bench.path('copy.sqlite'))).toEqual(bench.table('users'));
    const refused = await bench.run(['restore', id, '--read-only', '--yes']);
    expect(refused).toMatchObject({ code: 5, err: expect.stringContaining('safety snapshot') as unknown });
    for (const command of [['create'], ['rotate'], ['rebuild-catalog']])
      expect(await bench.run([...command, '--read-only'])).toMatchObject({ code: 1, out: '' });
    expect((await stat(bench.path('backups'))).mtimeMs).toBe(before.mtimeMs);
  });

  it.skipIf(isPrivileged())('treats a folder that cannot be written like that by itself, and says so', async () => {
    const id = await bench.create();
    await chmod(bench.path('backups'), 0o500);
    const { code, out, err } = await bench.run(['list']);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('only read') as unknown });
    expect(out).toContain(id);
    expect(await bench.run(['create'])).toMatchObject({ code: 1, err: expect.stringContaining('--dir') as unknown });
    await chmod(bench.path('backups'), 0o700);
  });

  it("runs with an application's own options, for what no variable describes", async () => {
    const reports = bench.path('reports.sqlite');
    bench.sql('CREATE TABLE visits (id INTEGER PRIMARY KEY); INSERT INTO visits VALUES (1)', reports);
    const plans = [{ name: 'reports', database: 'reports', interval_minutes: 60 }];
    await writeFile(bench.path('backup_config.json'), JSON.stringify({ plans }));
    const { DATABASE_URL, BACKUP_DIR, BACKUP_CONFIG_FILE } = bench.env;
    const application = { database: DATABASE_URL!, directory: BACKUP_DIR!, configFile: BACKUP_CONFIG_FILE! };
    expect(await bench.run(['create'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('must be one of default') as unknown,
    });
    const call = (...args: string[]) =>
      bench.run(args, {}, { ...application, databases: { reports: `sqlite:${reports}` } });
    expect(await call('create')).toMatchObject({ code: 0 });
    bench.sql('DELETE FROM visits', reports);
    expect(await call('restore', 'newest', '--yes')).toMatchObject({ code: 0 });
    expect(bench.table('visits', reports)).toContainEqual({ id: 1 });
  });

  it('takes the catalog of the folder it is given, not the one that the environment names for another', async () => {
    const env = { ...bench.env, BACKUP_CATALOG_URL: `sqlite:${bench.path('catalog.sqlite')}` };
    const id = await bench.create();
    await bench.run(['list'], env);
    await mkdir(bench.path('elsewhere'));
    expect((await bench.run(['list', '--dir', bench.path('elsewhere')], env)).out).toContain('No snapshots found');
    expect((await bench.run(['show', id], env)).code).toBe(0);
    expect(await readdir(bench.path('elsewhere'))).toContain('catalog.sqlite');
  });
});

describe('settings that name what this machine does not have', () => {
  let bench: CliBench;
  beforeAll(async () => {
    bench = await CliBench.open();
    await bench.create();
    const plans = [
      { name: 'auto' },
      { name: 'media', source: 'files', paths: ['/srv/media'], interval_minutes: 60 },
      { name: 'orders', database: 'orders', interval_minutes: 60 },
    ];
    await writeFile(bench.path('backup_config.json'), JSON.stringify({ plans }));
  });
  afterAll(() => bench.close());

  it.each([['list'], ['stats'], ['show', 'newest'], ['verify'], ['config', 'get'], ['restore', 'newest', '--yes']])(
    'do not keep anybody from %s',
    async (...command) => {
      const { code, err } = await bench.run(command);
      expect(code).toBe(0);
      expect(err).toContain('BACKUP_FILE_ROOTS');
      expect(err).toContain('"plans[2].database" must be one of default');
      expect(err).not.toContain('delete');
    },
  );

  it('are told by health, and by the capture that needs it', async () => {
    expect(await bench.run(['health'])).toMatchObject({ code: 4, err: expect.stringContaining('BACKUP_FILE_ROOTS') });
    const { code, err } = await bench.run(['create', '--plan', 'media']);
    expect(code).not.toBe(0);
    expect(err).toContain('BACKUP_FILE_ROOTS');
  });

  it('are never a reason to delete the file, nor is a mistake in it', async () => {
    const before = await readFile(bench.path('backup_config.json'), 'utf8');
    await writeFile(bench.path('backup_config.json'), '{"retention_days":0}');
    const { code, err } = await bench.run(['list']);
    expect(code).toBe(0);
    expect(err).toContain('retention_days');
    expect(err).not.toMatch(/delete it|delete the/i);
    await writeFile(bench.path('backup_config.json'), before);
  });
});
