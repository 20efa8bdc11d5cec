import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plant } from '../engine.mjs';
import { median, timed } from '../measure.mjs';
import { Program } from '../program.mjs';
import { ms } from '../text.mjs';
import { createW1, SCALES } from '../w1.mjs';

const MONTH = 4320;
const TICK_MS = 600_000;
const COLD_MS = 100;

/** P8: one page of a month's snapshots. */
export async function listing({ folder, quick }) {
  const home = join(folder, 'listing');
  const database = join(folder, 'listing.sqlite');
  const backups = join(home, 'backups');
  await mkdir(backups, { recursive: true, mode: 0o700 });
  createW1(database, SCALES['10 MB'] / 100);
  const pages = {};
  for (const count of [MONTH / 10, MONTH]) {
    await plantMany(database, backups, count);
    await (await Program.start(database, home)).stop(); // reads all manifests, once
    pages[count] = await pagesOf(database, home, quick ? 5 : 25);
  }
  await rm(home, { recursive: true, force: true });
  await rm(database, { force: true });
  const { cold, warm } = pages[MONTH];
  const few = pages[MONTH / 10].warm;
  return {
    rows: [
      {
        figure: 'P8',
        what: `a page of ${MONTH} snapshots, the first after a start`,
        ours: ms(cold),
        reference: '–',
        measured: ms(cold),
        target: `≤ ${COLD_MS} ms`,
        ok: cold <= COLD_MS,
      },
      {
        figure: 'P8',
        what: 'the same, warm',
        ours: ms(warm),
        reference: `of ${MONTH / 10}: ${ms(few)}`,
        measured: (warm / few).toFixed(2),
        target: '–',
        ok: null,
      },
    ],
    notes: [],
  };
}

/** One real small snapshot, and its manifest under many names. */
async function plantMany(database, backups, count) {
  const newest = Date.now() - TICK_MS;
  const idOf = (at) => `auto_backup_${at.slice(0, 10).replaceAll('-', '')}_${at.slice(11, 19).replaceAll(':', '')}`;
  const first = new Date(newest).toISOString();
  const manifest = await plant(database, backups, { id: idOf(first), createdAt: first });
  const document = await readFile(join(backups, manifest.filename));
  for (let index = 1; index < count; index++) {
    const createdAt = new Date(newest - index * TICK_MS).toISOString();
    const id = idOf(createdAt);
    await writeFile(join(backups, `${id}.json`), document, { mode: 0o600 });
    await writeFile(
      join(backups, `${id}.meta.json`),
      JSON.stringify({ ...manifest, id, filename: `${id}.json`, created_at: createdAt }),
      { mode: 0o600 },
    );
  }
}

async function pagesOf(database, home, rounds) {
  const program = await Program.start(database, home);
  try {
    const cold = await timed(() => program.list());
    const warm = [];
    for (let round = 0; round < rounds; round++) warm.push(await timed(() => program.list()));
    return { cold, warm: median(warm) };
  } finally {
    await program.stop();
  }
}
