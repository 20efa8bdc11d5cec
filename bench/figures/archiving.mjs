import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { capture, Series } from '../engine.mjs';
import { peers } from '../machine.mjs';
import { run, timed } from '../measure.mjs';
import { Program } from '../program.mjs';
import { absentRow, ms } from '../text.mjs';
import { createW1, openW1, tick, WorkloadClock } from '../w1.mjs';

const DAY = 86_400_000;
const TICK_MS = 600_000;
const SNAPSHOTS = 144;
/** So many full documents are zipped, and the rest is reckoned. */
const ZIPPED = 6;
const EXPIRE_MS = 50;

/** P9 and P10: archive one day of ticks, and let it expire. */
export async function archiving({ folder, quick }) {
  if (!peers.zip) return { rows: [absentRow('P9', 'archive a day', 'zip is not installed')], notes: [] };
  const home = join(folder, 'archiving');
  const backups = join(home, 'backups');
  const database = join(folder, 'archiving.sqlite');
  await mkdir(backups, { recursive: true, mode: 0o700 });
  createW1(database);
  const snapshots = quick ? 12 : SNAPSHOTS;
  await plantDay(database, backups, snapshots);
  const program = await Program.start(database, home, { auto_archive_after_days: 10 });
  try {
    const packing = await timed(() => program.cleanUp());
    const [archive] = await readdir(join(backups, 'archived'));
    const { size } = await stat(join(backups, 'archived', archive));
    const zip = await zipFulls(database, folder, snapshots);
    await program.capture();
    await program.configure({ auto_archive_after_days: 5, retention_days: 5, min_keep: 1 });
    const expiring = await timed(() => program.cleanUp());
    if ((await readdir(join(backups, 'archived'))).length > 0) throw new Error('The day has not expired.');
    return { rows: rows({ snapshots, packing, size, zip, expiring, quick }), notes: [NOTE] };
  } finally {
    await program.stop();
    for (const path of [home, database, `${database}-wal`, `${database}-shm`])
      await rm(path, { recursive: true, force: true });
  }
}

async function plantDay(database, backups, count) {
  const series = new Series(database, backups);
  const clock = new WorkloadClock();
  const db = openW1(database);
  const midnight = Math.floor((Date.now() - 20 * DAY) / DAY) * DAY;
  for (let index = 0; index < count; index++) {
    await series.take(new Date(midnight + index * TICK_MS));
    tick(db, clock);
  }
  db.close();
}

async function zipFulls(database, folder, count) {
  const fulls = join(folder, 'fulls');
  await mkdir(fulls);
  const { filename } = await capture(database, fulls);
  const names = Array.from({ length: ZIPPED }, (_, index) => join(fulls, `full-${index}.json`));
  for (const name of names) await copyFile(join(fulls, filename), name);
  const archive = join(fulls, 'fulls.zip');
  const took = await timed(() => run('zip', ['-q', '-6', '-j', archive, ...names]));
  const { size } = await stat(archive);
  await rm(fulls, { recursive: true, force: true });
  return { took: (took / ZIPPED) * count, size: (size / ZIPPED) * count };
}

function rows({ snapshots, packing, size, zip, expiring, quick }) {
  const named = `zip -6 of ${snapshots} full documents`;
  const share = (ours, theirs) => ({
    measured: `1/${(theirs / ours).toFixed(1)}`,
    target: quick ? '–' : '≤ 1/50',
    ok: quick ? null : ours <= theirs / 50,
  });
  const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  const s = (time) => `${(time / 1000).toFixed(1)} s`;
  return [
    {
      figure: 'P9',
      what: `archive a day of ${snapshots} snapshots, bytes`,
      ours: mb(size),
      reference: `${named}: ${mb(zip.size)}`,
      ...share(size, zip.size),
    },
    {
      figure: 'P9',
      what: 'the same, time',
      ours: s(packing),
      reference: `${named}: ${s(zip.took)}`,
      ...share(packing, zip.took),
      why: 'Every document is read and hashed before it is packed, and every entry inflated and hashed again before a loose file is removed.',
    },
    {
      figure: 'P10',
      what: 'let that day expire',
      ours: ms(expiring),
      reference: '–',
      measured: ms(expiring),
      target: `≤ ${EXPIRE_MS} ms`,
      ok: expiring <= EXPIRE_MS,
    },
  ];
}

const NOTE = `P9: through \`POST /cleanup\` of the real program. ${ZIPPED} full documents are zipped, and the figures multiplied. P10: the same request when retention has passed; one file is removed, and the answer includes the record of the job.`;
