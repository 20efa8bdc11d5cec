import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineHost } from '../../dist/backup/engines/engine-host.js';
import { capture } from '../engine.mjs';
import { alternate, run, timed } from '../measure.mjs';
import { absentRow, ratioRow } from '../text.mjs';
import { WHY } from '../why.mjs';

/** Until a child that was started ahead of need has come to rest, and takes nothing from whoever is measured next. */
const SETTLING_MS = 400;

/** P4: the first full snapshot, against `sqlite3 .dump`. */
export async function firstFull({ folder, quick, kind }) {
  if (kind.missing) return { rows: [absentRow('P4', 'first full snapshot', kind.missing)], notes: [] };
  const database = await kind.create(folder, 'first-full');
  const dump = join(folder, 'dump.sql');
  const host = new EngineHost({ standby: true });
  let manifest;
  const { standby, cold, dumped, dumpedAndSynced } = await alternate(quick ? 2 : 9, {
    standby: async () => {
      const took = await timed(async () => (manifest = await capture(database, folder, host)));
      await sleep(SETTLING_MS);
      return took;
    },
    dumped: () => database.dump(dump),
    cold: () => capture(database, folder).then(() => undefined),
    dumpedAndSynced: async () => {
      await database.dump(dump);
      await run('sync', [dump]);
    },
  });
  host.close();
  await database.remove();
  for (const path of [dump, join(folder, manifest.filename)]) await rm(path, { force: true });
  const what = `first full snapshot (${(manifest.file_size_bytes / 1e6).toFixed(1)} MB)`;
  const row = { figure: 'P4', reference: dumped, named: database.tools.dump, why: WHY.P4 };
  return {
    rows: [
      ratioRow({ ...row, what, ours: standby, atMost: 1 }),
      ratioRow({ ...row, what: `${what}, a process started for it`, ours: cold, atMost: 1 }),
      ratioRow({
        figure: 'P4',
        what: 'the first of these, the dump synced too',
        ours: standby,
        reference: dumpedAndSynced,
        named: `${database.tools.dump}, sync`,
        atMost: null,
      }),
    ],
    notes: [NOTE],
  };
}

const NOTE =
  'P4: ours is everything from the request to a document that may be published: all is read in one transaction by a child process, a digest of each table and a checksum of the file are made, the file is fsynced and read again. In the running program that process waits on standby; the second row starts one. It runs at a lower priority (nice 10), the dump does not, so other work on the machine makes ours slower than the dump.';
