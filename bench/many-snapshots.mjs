import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serialiseManifest } from '../dist/backup/model/manifest.js';
import { idAt, Series } from './engine.mjs';
import { Program } from './program.mjs';
import { WorkloadClock } from './w1.mjs';

const TICK_MS = 600_000;
const AT_ONCE = 100;

/** A program that has read all manifests in an earlier life. */
export async function startOn(database, home, count) {
  await plant(database, home, count);
  const earlier = await Program.start(database, home);
  await earlier.untilIndexed();
  await earlier.stop();
  return Program.start(database, home);
}

/** One real small snapshot, as if it had been taken at as many times. */
export async function plant(database, home, count) {
  const backups = join(home, 'backups');
  await mkdir(backups, { recursive: true, mode: 0o700 });
  const newest = new WorkloadClock().now().getTime();
  const first = await new Series(database, backups).take(new Date(newest));
  const document = await readFile(join(backups, first.filename), 'utf8');
  const write = async (age) => {
    const at = new Date(newest - age * TICK_MS);
    const [id, created_at] = [idAt(at), at.toISOString()];
    const own = document
      .replace(`"id":"${first.id}"`, `"id":"${id}"`)
      .replace(`"created_at":"${first.created_at}"`, `"created_at":"${created_at}"`);
    const manifest = {
      ...first,
      id,
      created_at,
      filename: `${id}.json`,
      sequence: count - age,
      file_size_bytes: Buffer.byteLength(own),
      checksum: createHash('sha256').update(own).digest('hex'),
    };
    await writeFile(join(backups, manifest.filename), own, { mode: 0o600 });
    await writeFile(join(backups, `${id}.meta.json`), serialiseManifest(manifest), { mode: 0o600 });
  };
  const ages = Array.from({ length: count }, (_, age) => age);
  while (ages.length > 0) await Promise.all(ages.splice(0, AT_ONCE).map(write));
}
