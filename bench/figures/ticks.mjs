import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { alternate, compare, median, timed } from '../measure.mjs';
import { Program } from '../program.mjs';
import { Restic } from '../restic.mjs';
import { absentRow, count, limitRow, ms, ratioRow, times } from '../text.mjs';
import { cpuOf, ioOf } from '../usage.mjs';
import { WorkloadClock } from '../w1.mjs';
import { WHY } from '../why.mjs';

/** Until the process that stands by for the next capture has started. */
const SETTLING_MS = 400;
const QUIET_MS = 50;
const QUIET_BYTES = 4096;
/** Less than any reading of all tables, more than a process reads to start. */
const READ_AT_MOST = 20e6;

/** P2: a tick when nothing was written since the last one. */
export async function quietTick({ folder, quick, kind }) {
  if (kind.missing) return { rows: [absentRow('P2', 'quiet tick', kind.missing)], notes: [] };
  return withProgram({ folder, kind }, async ({ program, home, database, restic }) => {
    const dump = join(home, 'dump.sql');
    await database.dump(dump);
    const ticks = [];
    const cpu = [];
    const measured = await alternate(quick ? 2 : 9, {
      ours: async () => {
        ticks.push(await quietTickOf(program, home));
        return ticks.at(-1).wall;
      },
      ...(restic && {
        restic: async () => {
          const before = cpuOf();
          const took = await timed(() => restic.backup(dump));
          cpu.push(cpuOf() - before);
          return took;
        },
        opening: () => restic.open(),
      }),
    });
    return { rows: quietRows(measured, ticks.slice(1), cpu.slice(1)), notes: QUIET_NOTES };
  });
}

/** What one costs, until the process for the next one stands by. @throws where it was not quiet, or tables were read */
async function quietTickOf(program, home) {
  const log = join(home, 'backups', 'catalog.sqlite-wal');
  const before = { cpu: cpuOf(program.pid), io: ioOf(program.pid), log: (await stat(log)).size };
  let id;
  const wall = await timed(async () => ({ id } = await program.differential()));
  await sleep(SETTLING_MS);
  const io = ioOf(program.pid);
  if (io.read - before.io.read > READ_AT_MOST) throw new Error('The tick read tables, so it was no quiet one.');
  const sizeOf = async (name) => (await stat(join(home, 'backups', name))).size;
  return {
    wall,
    cpu: cpuOf(program.pid) - before.cpu,
    written: io.written - before.io.written,
    document: await sizeOf(`${id}.json`),
    manifest: await sizeOf(`${id}.meta.json`),
    log: (await stat(log)).size - before.log,
  };
}

function quietRows({ ours, restic, opening }, ticks, resticCpu) {
  const medianOf = (name) => median(ticks.map((tick) => tick[name]));
  const parts = { document: medianOf('document'), manifest: medianOf('manifest'), log: medianOf('log') };
  const bytes = parts.document + parts.manifest + parts.log;
  const cpu = ticks.map((tick) => tick.cpu);
  const what = 'quiet tick, from the request to its answer';
  const ratio = (name, mine, theirs, why, aside = '') => ({
    figure: 'P2',
    what: name,
    ours: ms(median(mine)),
    reference: `restic, unchanged dump: ${ms(median(theirs))}${aside}`,
    measured: times(compare(mine, theirs)),
    target: '≤ 0.1',
    ok: median(mine) <= median(theirs) / 10,
    why,
  });
  return [
    limitRow({ figure: 'P2', what, value: median(ours), most: QUIET_MS, text: ms, why: WHY['P2 wall'] }),
    ...(restic
      ? [
          ratio('the same', ours, restic, WHY['P2 wall'], `, ${ms(median(opening))} of it to open its repository`),
          ratio('quiet tick, processor time', cpu, resticCpu, WHY['P2 CPU']),
        ]
      : [absentRow('P2', what, 'restic is not installed')]),
    limitRow({
      figure: 'P2',
      what: 'bytes of a quiet tick',
      value: bytes,
      most: QUIET_BYTES,
      text: count,
      reference: `document ${count(parts.document)}, manifest ${count(parts.manifest)}, the catalog's log ${count(parts.log)}`,
      why: WHY['P2 bytes'],
    }),
    {
      figure: 'P2',
      what: 'the same, as the kernel counts what goes to the disk',
      ours: count(medianOf('written')),
      reference: 'whole pages of 4,096',
      measured: count(medianOf('written')),
      target: '–',
      ok: null,
    },
  ];
}

const QUIET_NOTES = [
  'P2: through the HTTP API, which with its authentication is part of the time; the program keeps its connection open, as a running application does. The run fails where a tick was not a differential, or read as much as there is in the tables. Processor time and what the kernel counts include the start of the process that stands by for the next tick.',
  'P2: restic sees by the times of the dump that it is the same, and does not read it; most of what it takes is that it derives its key from the password, which it does in every command (in P3 and L too).',
  "P2, bytes: the catalog's log is what its write-ahead log grew by: the snapshot's row and the record of the job, in whole pages. Once in about 1,000 pages SQLite copies them into the catalog's own file.",
];

/** P3: a tick with its changes. */
export async function busyTick({ folder, quick, kind }) {
  if (kind.missing) return { rows: [absentRow('P3', 'busy tick', kind.missing)], notes: [] };
  return withProgram({ folder, kind }, async ({ program, home, database, restic }) => {
    const clock = new WorkloadClock();
    const copy = join(home, 'copy');
    const {
      ours,
      gzip,
      restic: copied,
    } = await alternate(quick ? 1 : 7, {
      ours: async () => {
        await database.tick(clock);
        const took = await timed(() => program.differential());
        await sleep(SETTLING_MS);
        return took;
      },
      gzip: () => database.dumpAndGzip(`${copy}.gz`),
      ...(restic && {
        restic: async () => {
          await database.copy(copy);
          await restic.backup(copy);
        },
      }),
    });
    const row = {
      figure: 'P3',
      what: 'busy tick, from the request to the listed snapshot',
      ours,
      atMost: 0.5,
      why: WHY.P3,
    };
    const { tools } = database;
    return {
      rows: [
        ratioRow({ ...row, reference: gzip, named: tools.dumpAndGzip }),
        copied
          ? ratioRow({ ...row, what: 'the same', reference: copied, named: `${tools.copy}, restic` })
          : absentRow('P3', row.what, 'restic is not installed'),
      ],
      notes: ['P3: the run fails where a tick was not a differential.'],
    };
  });
}

/** P12: a tick with its changes, against the database's own dump in its own form. */
export async function tickAgainstDump({ folder, quick, kind }) {
  const what = 'busy tick, from the request to the listed snapshot';
  if (kind.missing) return { rows: [absentRow('P12', what, kind.missing)], notes: [] };
  return withProgram({ folder, kind }, async ({ program, home, database }) => {
    const clock = new WorkloadClock();
    const { ours, dump } = await alternate(quick ? 1 : 7, {
      ours: async () => {
        await database.tick(clock);
        const took = await timed(() => program.differential());
        await sleep(SETTLING_MS);
        return took;
      },
      dump: () => database.copy(join(home, 'copy')),
    });
    const row = { figure: 'P12', what, ours, reference: dump, named: database.tools.copy };
    return {
      rows: [ratioRow({ ...row, atMost: 0.5, why: WHY.P12 })],
      notes: ['P12: the run fails where a tick was not a differential.'],
    };
  });
}

/** The real program over W1 with its first full snapshot of the day taken, and a repository of restic's. */
export async function withProgram({ folder, kind }, work) {
  const home = join(folder, 'ticks');
  await mkdir(home);
  const database = await kind.create(folder, 'ticks');
  const restic = await Restic.create(join(home, 'restic'));
  const program = await Program.start(database, home, { triggers: true, backup_interval_minutes: 1440 });
  try {
    await program.capture();
    await sleep(SETTLING_MS);
    return await work({ program, home, database, restic });
  } finally {
    await database.close();
    await program.stop();
    await database.remove();
    await rm(home, { recursive: true, force: true });
  }
}
