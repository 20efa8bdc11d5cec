import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { capture } from '../engine.mjs';
import { peers } from '../machine.mjs';
import { alternate, run } from '../measure.mjs';
import { absentRow, ratioRow } from '../text.mjs';
import { createW1 } from '../w1.mjs';

/** P4: the first full snapshot, against `sqlite3 .dump`. */
export async function firstFull({ folder, quick }) {
  if (!peers.sqlite3) return { rows: [absentRow('P4', 'first full snapshot', 'sqlite3 is not installed')], notes: [] };
  const database = join(folder, 'w1.sqlite');
  const dump = join(folder, 'dump.sql');
  createW1(database);
  let manifest;
  const { ours, dumped, dumpedAndSynced } = await alternate(quick ? 3 : 9, {
    ours: async () => void (manifest = await capture(database, folder)),
    dumped: () => run('sqlite3', [database, '.dump'], { to: dump }),
    dumpedAndSynced: async () => {
      await run('sqlite3', [database, '.dump'], { to: dump });
      await run('sync', [dump]);
    },
  });
  await Promise.all([database, dump, join(folder, manifest.filename)].map((path) => rm(path, { force: true })));
  const megabytes = (manifest.file_size_bytes / 1e6).toFixed(1);
  const row = { figure: 'P4', ours };
  return {
    rows: [
      ratioRow({
        ...row,
        what: `first full snapshot (${megabytes} MB)`,
        reference: dumped,
        named: 'sqlite3 .dump',
        atMost: 1,
        why: 'The dump neither hashes, nor waits for the disk, nor reads anything back.',
      }),
      ratioRow({
        ...row,
        what: 'the same, the dump synced too',
        reference: dumpedAndSynced,
        named: 'sqlite3 .dump, sync',
        atMost: null,
      }),
    ],
    notes: [
      'P4: ours is everything from the request to a document that may be published: a child process is started, all is read in one transaction, a digest per table and a checksum of the file are made, the file is fsynced and read again. The child runs at a lower priority (nice 10), the dump does not.',
    ],
  };
}
