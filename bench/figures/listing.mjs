import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startOn } from '../many-snapshots.mjs';
import { alternate, compare, median, timed } from '../measure.mjs';
import { limitRow, ms, times } from '../text.mjs';
import { SCALES } from '../w1.mjs';
import { WHY } from '../why.mjs';

const MONTH = 4320;
const FEW = MONTH / 10;
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
