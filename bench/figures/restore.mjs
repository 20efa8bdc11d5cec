import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Series } from '../engine.mjs';
import { alternate, timed } from '../measure.mjs';
import { Program } from '../program.mjs';
import { absentRow, ratioRow } from '../text.mjs';
import { WorkloadClock } from '../w1.mjs';
import { WHY } from '../why.mjs';

const DAY = 86_400_000;
const LAST_TICK = 143;
/** How many days ago: old enough to be archived, and the oldest and newest of those that are not. */
const DAYS = { archived: 12, oldest: 8, newest: 1 };

/** P7: a restore with all its checks and its safety snapshot, against loading a dump. */
export async function restore({ folder, quick, kind }) {
  if (kind.missing) return { rows: [absentRow('P7', 'restore', kind.missing)], notes: [] };
  const home = join(folder, 'restore');
  const dump = join(folder, 'dump.sql');
  const database = await kind.create(folder, 'restore');
  const days = await prepare(database, home);
  await database.dump(dump);
  const program = await Program.start(database, home, { auto_archive_after_days: 10 });
  try {
    await program.cleanUp();
    await assertAsMeant(program, days);
    const restoring = (id) => () => restoreOnce(program, id);
    const measured = await alternate(quick ? 1 : 5, {
      newest: restoring(days.newest.last),
      oldest: restoring(days.oldest.first),
      archived: restoring(days.archived.last),
      load: () => timed(() => database.load(dump)),
    });
    return { rows: rows(measured, database.tools), notes: NOTES };
  } finally {
    await program.stop();
    await database.remove();
    await rm(home, { recursive: true, force: true });
    await rm(dump, { force: true });
  }
}

/** Three days of ticks, of each of which the first snapshot, a full one, and the last, a differential, are kept. */
async function prepare(database, home) {
  const backups = join(home, 'backups');
  await mkdir(backups, { recursive: true, mode: 0o700 });
  await (await Program.start(database, home)).stop(); // so that its admin's account is in every snapshot
  const clock = new WorkloadClock();
  const series = new Series(database, backups);
  const days = {};
  for (const [name, ago] of Object.entries(DAYS)) {
    const midnight = Math.floor(Date.now() / DAY - ago) * DAY;
    const first = await series.take(new Date(midnight));
    await database.tick(clock, LAST_TICK);
    const last = await series.take(new Date(midnight + LAST_TICK * 600_000));
    await database.tick(clock);
    days[name] = { first: first.id, last: last.id };
  }
  await database.close();
  return days;
}

/** @throws where a snapshot is of another kind, or lies elsewhere, than the figures say */
async function assertAsMeant(program, { archived, oldest, newest }) {
  for (const [id, meant] of [
    [newest.last, 'differential, regular'],
    [oldest.first, 'full, regular'],
    [archived.last, 'differential, archived'],
  ]) {
    const { kind, location } = await program.details(id);
    if (`${kind}, ${location}` !== meant) throw new Error(`Snapshot ${id} is ${kind}, ${location}, not ${meant}.`);
  }
}

/** From the request to the finished job; the safety snapshot it took is removed again. */
async function restoreOnce(program, id) {
  let job;
  const took = await timed(async () => (job = await program.restore(id)));
  await program.remove(job.result.safety_snapshot_id);
  return took;
}

const NOTES = [
  'P7: through the HTTP API of the real program, from the request to its answer: the snapshot is verified, the schema compared, a safety snapshot taken and published, the rows replaced in one transaction, foreign keys checked, and every table read again and compared with its digest. Loading the dump checks nothing. The safety snapshot is a full one each time.',
  `P7: the newest is the last differential of yesterday, with what changed in ${LAST_TICK} ticks, and the oldest the full snapshot ${DAYS.oldest} days ago; the archived one is a last differential too, its base in the same archive, and compared with the newest.`,
];

function rows({ newest, oldest, archived, load }, tools) {
  const row = (what, ours, reference, named, atMost, why) =>
    ratioRow({ figure: 'P7', what, ours, reference, named, atMost, why });
  return [
    row("restore a day's last differential", newest, load, tools.load, 1.5, WHY['P7 load']),
    row('restore a full one', oldest, load, tools.load, 1.5, WHY['P7 load']),
    row('newest, a differential / oldest, a full one', newest, oldest, 'oldest', 1.15, WHY['P7 newest']),
    row('a differential from an archive / regular', archived, newest, 'regular', 1.25, WHY['P7 archived']),
  ];
}
