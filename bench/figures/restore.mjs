import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { plant } from '../engine.mjs';
import { peers } from '../machine.mjs';
import { alternate, run, timed } from '../measure.mjs';
import { Program } from '../program.mjs';
import { absentRow, ratioRow } from '../text.mjs';
import { createW1, openW1, tick, WorkloadClock } from '../w1.mjs';

const DAY = 86_400_000;
/** Half a day of changes between one snapshot and the next. */
const TICKS = 72;

/** P7: a restore with all its checks and its safety snapshot, against loading a dump. */
export async function restore({ folder, quick }) {
  if (!peers.sqlite3) return { rows: [absentRow('P7', 'restore', 'sqlite3 is not installed')], notes: [] };
  const database = join(folder, 'restore.sqlite');
  const home = join(folder, 'restore');
  const dump = join(folder, 'dump.sql');
  const loaded = join(folder, 'loaded.sqlite');
  const snapshots = await prepare(database, home);
  await run('sqlite3', [database, '.dump'], { to: dump });
  const program = await Program.start(database, home, { auto_archive_after_days: 10 });
  try {
    await program.cleanUp();
    await assertPlaces(program, snapshots);
    const restoring = (id) => () => restoreOnce(program, id);
    const rounds = quick ? 2 : 5;
    const measured = await alternate(rounds, {
      newest: restoring(snapshots.newest),
      oldest: restoring(snapshots.oldest),
      archived: restoring(snapshots.archived),
      load: async () => {
        await rm(loaded, { force: true });
        return timed(() => run('sqlite3', [loaded], { from: dump }));
      },
    });
    return { rows: rows(measured), notes: NOTES };
  } finally {
    await program.stop();
    await rm(home, { recursive: true, force: true });
    for (const path of [dump, loaded, database, `${database}-wal`, `${database}-shm`]) await rm(path, { force: true });
  }
}

/** Three snapshots, half a day of changes apart; the first is so old that the program archives it. */
async function prepare(database, home) {
  const backups = join(home, 'backups');
  await mkdir(backups, { recursive: true, mode: 0o700 });
  createW1(database);
  await (await Program.start(database, home)).stop(); // so that its admin's account is in every snapshot
  const clock = new WorkloadClock();
  const ids = {};
  for (const [name, age] of [
    ['archived', 15],
    ['oldest', 2],
    ['newest', 1],
  ]) {
    const createdAt = new Date(Date.now() - age * DAY).toISOString();
    ids[name] = `auto_backup_${createdAt.slice(0, 10).replaceAll('-', '')}_000000`;
    await plant(database, backups, { id: ids[name], createdAt });
    const db = openW1(database);
    for (let ticks = 0; ticks < TICKS; ticks++) tick(db, clock);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
  }
  return ids;
}

async function assertPlaces(program, { archived, oldest, newest }) {
  const places = await Promise.all([archived, oldest, newest].map(async (id) => (await program.details(id)).location));
  if (places.join() !== 'archived,regular,regular')
    throw new Error(`The snapshots do not lie where they should: ${places.join()}`);
}

/** From the request to the finished job; the safety snapshot it took is removed again. */
async function restoreOnce(program, id) {
  let job;
  const took = await timed(async () => (job = await program.restore(id)));
  await program.remove(job.result.safety_snapshot_id);
  return took;
}

const NOTES = [
  'P7: through the HTTP API of the real program, from the request to its answer: the snapshot is verified, the schema compared, a safety snapshot taken and published, the rows replaced in one transaction, foreign keys checked, and every table read again and compared with its digest. Loading the dump checks nothing.',
  'P7: all snapshots are full ones, so the newest and the oldest differ only in what happened in between.',
];

function rows({ newest, oldest, archived, load }) {
  return [
    ratioRow({
      figure: 'P7',
      what: 'restore, safety snapshot and checks included',
      ours: newest,
      reference: load,
      named: 'sqlite3 new.db < dump.sql',
      atMost: 1.5,
    }),
    ratioRow({ figure: 'P7', what: 'newest / oldest', ours: newest, reference: oldest, named: 'oldest', atMost: 1.15 }),
    ratioRow({
      figure: 'P7',
      what: 'from an archive / regular',
      ours: archived,
      reference: oldest,
      named: 'regular',
      atMost: 1.25,
      why: 'What lies in an archive is inflated each time it is read: to be verified, and to be restored.',
    }),
  ];
}
