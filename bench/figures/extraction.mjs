import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { plant } from '../engine.mjs';
import { forgetPeak, memoryOf, watchChildren } from '../memory.mjs';
import { Program } from '../program.mjs';
import { mib, ms } from '../text.mjs';
import { createW1, SCALES } from '../w1.mjs';

const DAY = 86_400_000;
const MOST_MIB = 200;
const FIRST_BYTE_MS = 300;

/** P11: one snapshot out of the archive of a 1 GB database. */
export async function extraction({ folder, quick }) {
  const scale = quick ? '61 MB' : '1 GB';
  const home = join(folder, 'extraction');
  const backups = join(home, 'backups');
  const database = join(folder, 'extraction.sqlite');
  await mkdir(backups, { recursive: true, mode: 0o700 });
  createW1(database, SCALES[scale]);
  const createdAt = `${new Date(Date.now() - 20 * DAY).toISOString().slice(0, 10)}T00:00:00.000Z`;
  const { filename } = await plant(database, backups, {
    id: `auto_backup_${createdAt.slice(0, 10).replaceAll('-', '')}_000000`,
    createdAt,
  });
  const program = await Program.start(database, home, { auto_archive_after_days: 10 });
  try {
    await program.cleanUp();
    const [archive] = await readdir(join(backups, 'archived'));
    const before = memoryOf(program.pid, 'VmRSS');
    forgetPeak(program.pid);
    const watch = watchChildren(program.pid);
    const { first, last } = await program.stream(`/extract/${archive}/${filename}`);
    const host = watch.stop();
    const growth = Math.max(0, memoryOf(program.pid, 'VmHWM') - before);
    const what = `extract a snapshot of ${scale} from its archive`;
    return {
      rows: [
        {
          figure: 'P11',
          what: `${what}, first byte`,
          ours: ms(first),
          reference: '–',
          measured: ms(first),
          target: `≤ ${FIRST_BYTE_MS} ms`,
          ok: first <= FIRST_BYTE_MS,
        },
        {
          figure: 'P11',
          what: `${what}, engine host`,
          ours: mib(host),
          reference: `all of it took ${(last / 1000).toFixed(1)} s`,
          measured: mib(host),
          target: `≤ ${MOST_MIB} MB`,
          ok: host <= MOST_MIB,
        },
        {
          figure: 'P11',
          what: `${what}, the program's growth`,
          ours: mib(growth),
          reference: '–',
          measured: mib(growth),
          target: '≤ +20 MB',
          ok: growth <= 20,
        },
      ],
      notes: [],
    };
  } finally {
    await program.stop();
    for (const path of [home, database, `${database}-wal`, `${database}-shm`])
      await rm(path, { recursive: true, force: true });
  }
}
