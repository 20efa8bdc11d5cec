import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { peers } from '../machine.mjs';
import { alternate, compare, median, run, timed } from '../measure.mjs';
import { Program } from '../program.mjs';
import { absentRow, ms, ratioRow, times } from '../text.mjs';
import { createW1, openW1, tick, WorkloadClock } from '../w1.mjs';

/** Until the process that stands by for the next capture has started. */
const SETTLING_MS = 400;
const QUIET_MS = 50;
const QUIET_BYTES = 4096;

/** P2: a tick when nothing was written since the last one. */
export async function quietTick({ folder, quick }) {
  return withProgram(folder, async ({ program, home, dump, repository }) => {
    let id;
    const { ours, restic } = await alternate(quick ? 3 : 9, {
      ours: async () => {
        const took = await timed(async () => ({ id } = await program.tick()));
        await sleep(SETTLING_MS);
        return took;
      },
      ...(repository && { restic: () => run('restic', ['-q', '-r', repository, 'backup', dump]) }),
    });
    const files = await Promise.all([`${id}.json`, `${id}.meta.json`].map((name) => stat(join(home, 'backups', name))));
    const bytes = files[0].size + files[1].size;
    const wall = median(ours);
    const row = { figure: 'P2', what: 'quiet tick, from the request to its answer', ours: ms(wall), ok: null };
    return {
      rows: [
        { ...row, reference: '–', measured: ms(wall), target: `≤ ${QUIET_MS} ms`, ok: wall <= QUIET_MS },
        restic
          ? {
              ...row,
              reference: `restic, unchanged dump: ${ms(median(restic))}`,
              measured: times(compare(ours, restic)),
              target: '≤ 0.1',
              ok: wall <= median(restic) / 10,
            }
          : absentRow('P2', row.what, 'restic is not installed'),
        {
          figure: 'P2',
          what: 'bytes of a quiet tick',
          ours: `${bytes} bytes`,
          reference: `the document ${files[0].size}, the manifest ${files[1].size}`,
          measured: `${bytes} bytes`,
          target: `≤ ${QUIET_BYTES}`,
          ok: bytes <= QUIET_BYTES,
          why: 'The manifest of each snapshot holds the whole schema and the digests of all tables, so that it can be read without any other file; with 20 tables that is most of it.',
        },
      ],
      notes: [
        'P2: through the HTTP API, which with its authentication is part of the time; the program keeps its connection open, as a running application does.',
      ],
    };
  });
}

/** P3: a tick with its changes. */
export async function busyTick({ folder, quick }) {
  return withProgram(folder, async ({ program, home, database, db, repository }) => {
    const clock = new WorkloadClock();
    const copy = join(home, 'copy.sqlite');
    const { ours, gzip, restic } = await alternate(quick ? 3 : 7, {
      ours: async () => {
        tick(db, clock);
        const took = await timed(() => program.tick());
        await sleep(SETTLING_MS);
        return took;
      },
      gzip: () => run('sh', ['-c', `sqlite3 '${database}' .dump | gzip -6 > '${copy}.gz'`]),
      ...(repository && {
        restic: async () => {
          await run('sqlite3', [database, `.backup '${copy}'`]);
          await run('restic', ['-q', '-r', repository, 'backup', copy]);
        },
      }),
    });
    const row = { figure: 'P3', what: 'busy tick, from the request to the listed snapshot', ours, atMost: 0.5 };
    return {
      rows: [
        ratioRow({ ...row, reference: gzip, named: 'sqlite3 .dump | gzip -6' }),
        restic
          ? ratioRow({ ...row, reference: restic, named: 'sqlite3 .backup, restic' })
          : absentRow('P3', row.what, 'restic is not installed'),
      ],
      notes: [],
    };
  });
}

/** The real program over W1, with its first full snapshot of the day taken. */
async function withProgram(folder, work) {
  if (!peers.sqlite3) return { rows: [absentRow('P2, P3', 'ticks', 'sqlite3 is not installed')], notes: [] };
  const home = join(folder, 'ticks');
  const database = join(folder, 'ticks.sqlite');
  const dump = join(folder, 'ticks.sql');
  const repository = peers.restic ? join(folder, 'ticks.restic') : null;
  createW1(database);
  await run('sqlite3', [database, '.dump'], { to: dump });
  process.env.RESTIC_PASSWORD = 'a benchmark';
  if (repository) await run('restic', ['-q', '-r', repository, 'init']);
  const program = await Program.start(database, home, { triggers: true, backup_interval_minutes: 1440 });
  const db = openW1(database);
  try {
    await program.capture();
    await sleep(SETTLING_MS);
    return await work({ program, home, database, dump, db, repository });
  } finally {
    db.close();
    await program.stop();
    for (const path of [home, dump, repository, database, `${database}-wal`, `${database}-shm`])
      if (path) await rm(path, { recursive: true, force: true });
  }
}
