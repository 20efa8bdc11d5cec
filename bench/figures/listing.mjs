import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { idAt, Series } from '../engine.mjs';
import { alternate, compare, median, timed } from '../measure.mjs';
import { Program } from '../program.mjs';
import { limitRow, ms, times } from '../text.mjs';
import { SCALES, WorkloadClock } from '../w1.mjs';
import { WHY } from '../why.mjs';

const MONTH = 4320;
const FEW = MONTH / 10;
const TICK_MS = 600_000;
const COLD_MS = 100;
/** What two pages of the same length may differ by, and still be called independent of the number of snapshots. */
const INDEPENDENT = 1.5;

/** P8: one page of a month's snapshots. */
export async function listing({ folder, quick, kind }) {
  const home = join(folder, 'listing');
  const database = await kind.create(folder, 'listing', SCALES['10 MB'] / 100);
  const [many, few] = [
    await startOn(database, join(home, 'many'), MONTH),
    await startOn(database, join(home, 'few'), FEW),
  ];
  try {
    const cold = await timed(() => many.list());
    const warm = await alternate(quick ? 5 : 25, { many: () => page(many, MONTH), few: () => page(few, FEW) });
    return { rows: rows(cold, warm), notes: ['P8: warm, the two programs are asked in turns.'] };
  } finally {
    await many.stop();
    await few.stop();
    await database.remove();
    await rm(home, { recursive: true, force: true });
  }
}

/** A program that has read all manifests in an earlier life. */
async function startOn(database, home, count) {
  const backups = join(home, 'backups');
  await mkdir(backups, { recursive: true, mode: 0o700 });
  await plant(database, backups, count);
  await (await Program.start(database, home)).stop();
  return Program.start(database, home);
}

/** One real small snapshot, under as many names. */
async function plant(database, backups, count) {
  const newest = new WorkloadClock().now().getTime();
  const manifest = await new Series(database, backups).take(new Date(newest));
  const document = await readFile(join(backups, manifest.filename));
  const ages = Array.from({ length: count - 1 }, (_, index) => index + 1);
  for (const age of ages) {
    const at = new Date(newest - age * TICK_MS);
    const id = idAt(at);
    const named = { ...manifest, id, filename: `${id}.json`, created_at: at.toISOString() };
    await writeFile(join(backups, named.filename), document, { mode: 0o600 });
    await writeFile(join(backups, `${id}.meta.json`), JSON.stringify(named), { mode: 0o600 });
  }
}

/** @throws where it lists another number of snapshots than was planted */
async function page(program, count) {
  let total;
  const took = await timed(async () => ({ total } = await program.list()));
  if (total !== count) throw new Error(`It lists ${total} snapshots of ${count}.`);
  return took;
}

function rows(cold, { many, few }) {
  const compared = compare(many, few);
  return [
    limitRow({
      figure: 'P8',
      what: `a page of ${MONTH} snapshots, the first after a start`,
      value: cold,
      most: COLD_MS,
      text: ms,
      why: WHY.P8,
    }),
    {
      figure: 'P8',
      what: 'the same, warm: independent of their number',
      ours: ms(median(many)),
      reference: `of ${FEW}: ${ms(median(few))}`,
      measured: times(compared),
      target: `≤ ${INDEPENDENT}`,
      ok: compared.ratio <= INDEPENDENT,
      why: WHY.P8,
    },
  ];
}
