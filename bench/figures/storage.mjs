import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Series } from '../engine.mjs';
import { peers } from '../machine.mjs';
import { run } from '../measure.mjs';
import { absentRow } from '../text.mjs';
import { createW1, openW1, tick, WorkloadClock } from '../w1.mjs';

const TICKS_A_DAY = 144;
/** A dump is compressed at each of these, and the sum scaled. */
const GZIP_EVERY = 24;
/** restic gets only every eighth dump, which is in its favour: it stores less than it would with all of them. */
const RESTIC_EVERY = 8;

/** P1: what three days of ticks take up. */
export async function storage({ folder, quick }) {
  if (!peers.sqlite3) return { rows: [absentRow('P1', 'bytes stored', 'sqlite3 is not installed')], notes: [] };
  const ticks = quick ? 36 : 3 * TICKS_A_DAY;
  const home = join(folder, 'storage');
  const [database, snapshots, repository] = ['w1.sqlite', 'snapshots', 'restic'].map((name) => join(home, name));
  await mkdir(snapshots, { recursive: true });
  createW1(database);
  if (peers.restic) await restic(repository, ['init']);
  const clock = new WorkloadClock();
  const series = new Series(database, snapshots);
  const db = openW1(database);
  let gzipped = 0;
  for (let done = 0; done < ticks; done++) {
    tick(db, clock);
    await series.take(clock.now());
    if (done % RESTIC_EVERY === 0 || done % GZIP_EVERY === 0)
      await run('sqlite3', [database, '.dump'], { to: join(home, 'dump.sql') });
    if (done % GZIP_EVERY === 0) gzipped += await gzipSize(home);
    if (done % RESTIC_EVERY === 0 && peers.restic) await restic(repository, ['backup', join(home, 'dump.sql')]);
  }
  db.close();
  const ours = await sizeOf(snapshots);
  const gzip = (gzipped / Math.ceil(ticks / GZIP_EVERY)) * ticks;
  const resticBytes = peers.restic ? await sizeOf(repository) : null;
  await rm(home, { recursive: true, force: true });
  const what = `bytes stored after ${ticks} ticks`;
  const row = (reference, bytes, atMost) => ({
    figure: 'P1',
    what,
    ours: mb(ours),
    reference: `${reference}: ${mb(bytes)}`,
    measured: `1/${(bytes / ours).toFixed(1)}`,
    target: quick ? '–' : `≤ 1/${atMost}`,
    ok: quick ? null : ours <= bytes / atMost,
    why: 'Documents are plain JSON that anybody can read, not compressed until they are archived; and every differential of a day holds all that changed since its full one, so that a restore needs two files at most.',
  });
  return {
    rows: [
      row('gzip -6 of a dump per tick', gzip, 50),
      ...(resticBytes === null
        ? [absentRow('P1', what, 'restic is not installed')]
        : [row('restic, every 8th dump', resticBytes, 15)]),
    ],
    notes: [
      `P1: manifests and indexes included. gzip is measured at every ${GZIP_EVERY}th tick and scaled; restic gets every ${RESTIC_EVERY}th dump alone, which understates it.`,
    ],
  };
}

async function gzipSize(home) {
  const path = join(home, 'dump.sql.gz');
  await run('gzip', ['-6', '-c', join(home, 'dump.sql')], { to: path });
  return (await stat(path)).size;
}

/** restic wants a password even where nobody needs one. */
async function restic(repository, args) {
  process.env.RESTIC_PASSWORD = 'a benchmark';
  await run('restic', ['-q', '-r', repository, ...args]);
}

async function sizeOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries.filter((e) => e.isFile()).map(async (e) => (await stat(join(e.parentPath, e.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
