import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Series } from '../engine.mjs';
import { median } from '../measure.mjs';
import { held, warmUp, watched } from '../memory.mjs';
import { Program } from '../program.mjs';
import { limitRow, memory, moreMemory, ms, seconds } from '../text.mjs';
import { SCALES, WorkloadClock } from '../w1.mjs';
import { WHY } from '../why.mjs';

const DAY = 86_400_000;
const LAST_TICK = 143;
const MOST_IN_HOST = 200e6;
const MOST_GROWTH = 20e6;
const FIRST_BYTE_MS = 300;
/** Until the process of an answer that nobody reads on is gone. */
const SETTLING_MS = 300;

/** P11: one snapshot out of a day's archive. */
export async function extraction({ folder, quick, kind }) {
  const size = quick ? '61 MB' : '1 GB';
  const home = join(folder, 'extraction');
  const backups = join(home, 'backups');
  await mkdir(backups, { recursive: true, mode: 0o700 });
  const database = await kind.create(folder, 'extraction', SCALES[size]);
  const day = await plantDay(database, backups);
  const program = await Program.start(database, home, { auto_archive_after_days: 10 });
  try {
    await program.cleanUp();
    await warmUp(program);
    const [archive] = await readdir(join(backups, 'archived'));
    const before = held(program); // of any extraction: what the first made it grow by, the next need not
    const rows = [];
    for (const { kind, filename } of day)
      rows.push(
        ...(await extract(program, `/extract/${archive}/${filename}`, `a ${kind} one of ${size}`, before, quick)),
      );
    return { rows, notes: [NOTE] };
  } finally {
    await program.stop();
    await database.remove();
    await rm(home, { recursive: true, force: true });
  }
}

/** The manifests of a day's first and last snapshot. */
async function plantDay(database, backups) {
  const series = new Series(database, backups);
  const midnight = Math.floor(Date.now() / DAY - 20) * DAY;
  const first = await series.take(new Date(midnight));
  await database.tick(new WorkloadClock(), LAST_TICK);
  const last = await series.take(new Date(midnight + LAST_TICK * 600_000));
  await database.close();
  if (last.kind !== 'differential') throw new Error(`The day's last snapshot is ${last.kind}.`);
  return [first, last];
}

async function extract(program, path, which, before, quick) {
  const firsts = [];
  for (let round = 0; round < (quick ? 1 : 7); round++) {
    firsts.push(await program.firstByte(path));
    await sleep(SETTLING_MS);
  }
  let took;
  const { growth, host } = await watched(
    program,
    async () => ({ took } = await program.stream(path)),
    Math.min(before, held(program)),
  );
  const row = (what, value, most, text, why) =>
    limitRow({ figure: 'P11', what: `extract ${which}, ${what}`, value, most, text, why });
  return [
    row('first byte', median(firsts), FIRST_BYTE_MS, ms, WHY['P11 first byte']),
    {
      ...row('engine host', host, MOST_IN_HOST, memory, WHY['P11 host']),
      reference: `all of it took ${seconds([took])}`,
    },
    row("the program's growth", growth, MOST_GROWTH, moreMemory, WHY['P11 growth']),
  ];
}

const NOTE = `P11: out of an archive that holds a day's first snapshot, a full one, and its last, a differential with what changed in ${LAST_TICK} ticks; that one is put together with its base on the way. First bytes are medians, memory is measured once, as in P6.`;
