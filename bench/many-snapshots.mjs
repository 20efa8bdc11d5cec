import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { idAt, Series } from './engine.mjs';
import { Program } from './program.mjs';
import { WorkloadClock } from './w1.mjs';

const TICK_MS = 600_000;

/** A program that has read all manifests in an earlier life. */
export async function startOn(database, home, count) {
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
