import { execFile, execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackupHealth } from '../../src/backup/operations/health.query.js';
import { CliBench } from '../support/cli-bench.js';
import { FailingFs, type Failure } from '../support/failing-fs.js';
import { fullDisk } from '../support/full-disk.js';
import { InlineProgram } from '../support/inline-program.js';
import { daysAgo, SnapshotSeed } from '../support/planted-snapshots.js';
import { Program } from '../support/program.js';

const run = promisify(execFile);
const SETTINGS = JSON.stringify({ retention_days: 30, min_keep: 1 });

/** A folder of a program with two snapshots, one that is due to go, and one of an archive; copied for each fault. */
let seed: string;
let newest: string;
let older: string;

let failing: FailingFs | null;

beforeAll(async () => {
  seed = await mkdtemp(join(tmpdir(), 'failing-disk-'));
  failing = FailingFs.build();
  await writeFile(join(seed, 'backup_config.json'), SETTINGS);
  const program = await new InlineProgram(seed).start();
  older = (await program.capture()).id;
  newest = (await program.capture()).id;
  const plant = await SnapshotSeed.read(program.backups, older);
  await plant.plant(program.backups, daysAgo(20, '10:00:00'));
  await program.post('/cleanup');
  await plant.plant(program.backups, daysAgo(50, '10:00:00'));
  await program.patch(`/${newest}`, { pinned: true });
  await program.stop();
});

afterAll(async () => {
  failing?.remove();
  await rm(seed, { recursive: true });
});

type Cell = 'capture' | 'list' | 'verify' | 'restore' | 'restoreDir' | 'delete' | 'rotate';

interface Fault {
  name: string;
  /** A file system of its own for the backup folder, as options of `mount`. */
  mount?: string;
  failures?: Failure[];
  /** Before the start, or, with `live`, to the program that runs. */
  harm?: (program: Program) => unknown;
  live?: boolean;
  /** What health says; `null` where nothing is wrong with the disk. */
  health: RegExp | null;
  /** Where a step does not simply work: its status and what it says. */
  but?: Partial<Record<Cell, [status: number, saying: RegExp]>>;
  /** Said once in the log. */
  warns?: RegExp;
}

const inBackups = (program: Program, name: string): string => join(program.backups, name);
const fill = (program: Program) => {
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${inBackups(program, 'filler')}`, 'bs=1k'], { stdio: 'ignore' });
  } catch {
    // until it is full
  }
};
const takeInodes = (program: Program) =>
  execFileSync('sh', ['-c', `i=0; while touch "$1/filler.$i"; do i=$((i+1)); done; true`, 'sh', program.backups], {
    stdio: 'ignore',
  });
const remountReadOnly = (program: Program) => execFileSync('mount', ['-o', 'remount,ro', program.backups]);
const loseCatalog = async (program: Program) => {
  for (const end of ['', '-wal', '-shm']) await rm(inBackups(program, `catalog.sqlite${end}`), { force: true });
};
const loseLease = (program: Program) => rm(inBackups(program, '.lease'), { recursive: true, force: true });

const full: [number, RegExp] = [507, /full/i];
const readOnly: [number, RegExp] = [500, /EROFS|read-only|cannot be (used|changed)/];
const gone: [number, RegExp] = [500, /is missing/];

const FAULTS: Fault[] = [
  {
    name: 'a full disk at the start',
    mount: 'size=1m',
    harm: fill,
    health: /full/,
    but: { capture: full },
  },
  {
    name: 'a full disk at the start, without catalog and lease',
    mount: 'size=1m',
    harm: async (program) => {
      await loseCatalog(program);
      await loseLease(program);
      fill(program);
    },
    health: /catalog.*in memory/i,
    but: { capture: full },
    warns: /take turns through a file in its temporary folder/,
  },
  { name: 'a disk that fills up', mount: 'size=1m', harm: fill, live: true, health: /full/, but: { capture: full } },
  {
    name: 'no inodes',
    mount: 'size=8m,nr_inodes=60',
    harm: async (program) => {
      await loseCatalog(program);
      takeInodes(program);
    },
    health: /catalog.*in memory/i,
    but: { capture: full },
  },
  {
    name: 'a disk that is only read',
    mount: 'size=8m',
    harm: remountReadOnly,
    health: /EROFS/,
    but: { capture: readOnly, delete: readOnly, rotate: readOnly },
  },
  {
    name: 'a disk that becomes read-only',
    failures: ['change:EROFS:backups/'],
    live: true,
    health: /EROFS/,
    but: { capture: readOnly, delete: readOnly, rotate: readOnly },
  },
  {
    name: 'a folder that goes away',
    harm: (program) => rename(program.backups, `${program.backups}.away`),
    live: true,
    health: /is missing/,
    but: {
      capture: gone,
      verify: [200, /missing/],
      restore: [409, /missing/],
      restoreDir: [1, /There is no folder/],
      delete: gone,
      rotate: gone,
    },
  },
  {
    name: 'a file in place of the folder',
    harm: async (program) => {
      await rename(program.backups, `${program.backups}.away`);
      await writeFile(program.backups, 'mine');
    },
    health: /cannot be used/,
    but: {
      capture: [500, /cannot be used/],
      list: [200, /"total":0/],
      verify: [404, /no snapshot/],
      restore: [404, /no snapshot/],
      restoreDir: [1, /cannot be used/],
      delete: [404, /no snapshot/],
      rotate: [500, /cannot be used/],
    },
  },
  {
    name: 'a catalog that cannot be read (EIO)',
    failures: ['open:EIO:catalog.sqlite'],
    health: /catalog.*in memory.*without the job history/i,
  },
  {
    name: 'a catalog that fails while the program runs (EIO)',
    failures: ['read:EIO:catalog.sqlite', 'open:EIO:catalog.sqlite'],
    live: true,
    health: null,
  },
  {
    name: 'annotations that cannot be read (EIO)',
    failures: ['open:EIO:annotations.json'],
    health: /annotations\.json.*EIO.*Repair it/,
    but: { rotate: [200, /"deleted":0.*"suspended":"annotations\.json/] },
  },
  {
    name: 'annotations with a flipped bit, and no catalog that knows better',
    harm: async (program) => {
      const text = await readFile(inBackups(program, 'annotations.json'), 'utf8');
      await writeFile(inBackups(program, 'annotations.json'), text.replace('pinned', 'pinnee'));
      await loseCatalog(program);
    },
    health: /annotations\.json.*pinnee.*Repair it/,
    but: {
      delete: [409, /Cannot tell whether snapshot .* is pinned.*annotations\.json/],
      rotate: [200, /"deleted":0.*"suspended":"annotations\.json/],
    },
  },
  {
    name: 'settings with a flipped bit',
    harm: (program) => writeFile(join(program.folder, 'backup_config.json'), SETTINGS.replace('keep', 'keeq')),
    health: /backup_config\.json.*min_keeq/,
    but: { rotate: [200, /"archived":0,"deleted":0.*"suspended":".*min_keeq/] },
  },
  {
    name: 'a lease that cannot be read (EIO)',
    failures: ['open:EIO:backups/.lease/'],
    health: null,
    warns: /\.lease.*EIO.*take turns through a file in its temporary folder/,
  },
  {
    name: 'a file in place of the lease',
    harm: async (program) => {
      await loseLease(program);
      await writeFile(inBackups(program, '.lease'), '');
    },
    health: null,
    warns: /take turns through a file in its temporary folder/,
  },
  {
    name: 'a file system without locks',
    failures: ['lock:ENOLCK:backups/'],
    health: /catalog.*in memory/i,
    warns: /does not support locks.*take turns through a file in its temporary folder/,
  },
  {
    name: 'a file system without modes, names that can be made safe, and a size, as CIFS or FUSE',
    failures: ['chmod:EPERM:backups', 'syncdir:EINVAL:backups', 'statfs:ENOSYS:backups'],
    health: null,
    warns: /Cannot make the files of the backup folder private \(chmod: EPERM\)/,
  },
];

const canMount = fullDisk.isPossible();

describe.each(FAULTS)('$name', ({ mount, failures, harm, live, health, but = {}, warns }) => {
  it('keeps the program running, and takes away only what it has to', async (test) => {
    test.skip(mount !== undefined && !canMount, 'this needs the right to mount file systems');
    test.skip(failures !== undefined && failing === null, 'this needs Linux and a C compiler');
    const folder = await mkdtemp(join(tmpdir(), 'failing-disk-'));
    const environment = { BACKUP_MIN_FREE_MB: '0', ...(failures && failing!.environment(...failures)) };
    const program = new (failures ? Program : InlineProgram)(folder, environment);
    try {
      await mkdir(program.backups);
      if (mount !== undefined) execFileSync('mount', ['-t', 'tmpfs', '-o', mount, 'tmpfs', program.backups]);
      await cp(seed, folder, { recursive: true });
      await chmod(program.backups, 0o700);
      if (!live) await harm?.(program);
      if (!live) failing?.begin();
      await program.start();
      if (live) await harm?.(program);
      if (live) failing?.begin();

      expect((await program.raw('GET', '/healthz')).status).toBe(200);
      await expectCell('list', () => program.get('/?page_size=200'), /"total":4/);
      await expectCell('verify', () => program.verify(newest), /"is_valid":true/);
      await expectCell('capture', () => program.post('/?wait=true', {}), /"id":/);
      await Promise.all([
        expectCell('restore', () => program.restore(newest), /"completed"/),
        expectCell('restoreDir', () => restoreDir(program, failures && environment), /^"Restored/),
      ]);
      const { body } = await program.get<BackupHealth>('/health');
      if (health) expect(body.reasons.join('\n')).toMatch(health);
      if (health) expect(body.status).toBe('critical');
      else expect(body.reasons.join('\n')).not.toMatch(/catalog|folder|annotations|settings/i);
      await expectCell('delete', () => program.delete(`/${older}`), /null/);
      await expectCell('rotate', () => program.post('/cleanup'), /"deleted":1/);
      if (warns) expect(program.output.split('\n').filter((line) => warns.test(line))).toHaveLength(1);
      expect(program.output).not.toMatch(/unhandled/i);
      expect((await program.get<BackupHealth>('/health')).status).toBe(200);
    } finally {
      failing?.end();
      await program.end();
      if (mount !== undefined) execFileSync('umount', [program.backups]);
      await rm(folder, { recursive: true, force: true });
    }

    async function expectCell(cell: Cell, ask: () => Promise<{ status: number; body: unknown }>, works: RegExp) {
      const { status, body } = await ask();
      const [wanted, saying] = but[cell] ?? [undefined, works];
      const text = JSON.stringify(body);
      expect(text, cell).toMatch(saying);
      if (wanted === undefined) expect(status, `${cell}: ${text}`).toBeLessThan(300);
      else expect(status, `${cell}: ${text}`).toBe(wanted);
    }
  });
});

/** At 3 a.m.: by the command line, whatever state the server and its disk are in. @param failing of a process whose system calls fail */
async function restoreDir({ folder, backups }: Program, failing: NodeJS.ProcessEnv | undefined) {
  const copy = join(folder, 'rescued.sqlite');
  const restore = ['restore', 'newest', '--dir', backups, '--read-only', '--database', `sqlite:${copy}`, '--yes'];
  if (failing === undefined) {
    const { code, out, err } = await new CliBench(folder).run(restore, {});
    return code === 0 ? { status: 200, body: out } : { status: code, body: err };
  }
  const env = { PATH: process.env['PATH'], ...failing };
  try {
    const { stdout } = await run(process.execPath, [resolve('dist/cli.js'), ...restore], { cwd: folder, env });
    return { status: 200, body: stdout };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { status: code, body: stderr };
  }
}
