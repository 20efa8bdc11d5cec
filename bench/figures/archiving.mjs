import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { capture, Series } from '../engine.mjs';
import { peers } from '../machine.mjs';
import { run, timed } from '../measure.mjs';
import { Program } from '../program.mjs';
import { absentRow, limitRow, mb, ms, seconds, share } from '../text.mjs';
import { WorkloadClock } from '../w1.mjs';
import { WHY } from '../why.mjs';

const DAY = 86_400_000;
const TICK_MS = 600_000;
const SNAPSHOTS = 144;
const EXPIRE_MS = 50;

/** P9 and P10: archive one day of ticks, and let it expire. */
export async function archiving({ folder, quick, kind }) {
  if (!peers.zip) return { rows: [absentRow('P9', 'archive a day', 'zip is not installed')], notes: [] };
  const home = join(folder, 'archiving');
  const backups = join(home, 'backups');
  await mkdir(backups, { recursive: true, mode: 0o700 });
  const database = await kind.create(folder, 'archiving');
  const snapshots = quick ? 6 : SNAPSHOTS;
  const zipped = quick ? 2 : 6;
  await plantDay(database, backups, snapshots);
  const program = await Program.start(database, home, { auto_archive_after_days: 10 });
  try {
    const packing = await timed(() => program.cleanUp());
    const [archive] = await readdir(join(backups, 'archived'));
    const { size } = await stat(join(backups, 'archived', archive));
    const zip = await zipFulls(database, folder, { zipped, snapshots });
    await program.capture();
    await program.configure({ auto_archive_after_days: 5, retention_days: 5, min_keep: 1 });
    const expiring = await timed(() => program.cleanUp());
    if ((await readdir(join(backups, 'archived'))).length > 0) throw new Error('The day has not expired.');
    const reference = `zip -6 of ${snapshots} full documents, from ${zipped} of them`;
    return { rows: rows({ snapshots, packing, size, zip, expiring, reference, quick }), notes: [NOTE] };
  } finally {
    await program.stop();
    await database.remove();
    await rm(home, { recursive: true, force: true });
  }
}

async function plantDay(database, backups, count) {
  const series = new Series(database, backups);
  const clock = new WorkloadClock();
  const midnight = Math.floor((Date.now() - 20 * DAY) / DAY) * DAY;
  for (let index = 0; index < count; index++) {
    const { kind } = await series.take(new Date(midnight + index * TICK_MS));
    if ((kind === 'full') !== (index === 0)) throw new Error(`Snapshot ${index} of the day is ${kind}.`);
    await database.tick(clock);
  }
  await database.close();
}

/** Bytes and time of all, from a few. */
async function zipFulls(database, folder, { zipped, snapshots }) {
  const fulls = join(folder, 'fulls');
  await mkdir(fulls);
  const { filename } = await capture(database, fulls);
  const names = Array.from({ length: zipped }, (_, index) => join(fulls, `full-${index}.json`));
  for (const name of names) await copyFile(join(fulls, filename), name);
  const archive = join(fulls, 'fulls.zip');
  const took = await timed(() => run('zip', ['-q', '-6', '-j', archive, ...names]));
  const { size } = await stat(archive);
  await rm(fulls, { recursive: true, force: true });
  return { took: (took / zipped) * snapshots, size: (size / zipped) * snapshots };
}

function rows({ snapshots, packing, size, zip, expiring, reference, quick }) {
  const compared = (ours, theirs) => ({
    measured: share(ours, theirs),
    target: quick ? '–' : '≤ 1/50',
    ok: quick ? null : ours <= theirs / 50,
  });
  return [
    {
      figure: 'P9',
      what: `archive ${snapshots} snapshots, bytes`,
      ours: mb(size),
      reference: `${reference}: ${mb(zip.size)}`,
      ...compared(size, zip.size),
      why: WHY['P9 bytes'],
    },
    {
      figure: 'P9',
      what: 'the same, time',
      ours: seconds([packing]),
      reference: `the same: ${seconds([zip.took])}`,
      ...compared(packing, zip.took),
      why: WHY['P9 time'],
    },
    limitRow({ figure: 'P10', what: 'let them expire', value: expiring, most: EXPIRE_MS, text: ms, why: WHY.P10 }),
  ];
}

const NOTE =
  'P9: through `POST /cleanup` of the real program, once. Of the reference a few documents are zipped, and the figures multiplied. P10: the same request when retention has passed; one file is removed, and the answer includes the record of the job.';
