import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Series } from '../engine.mjs';
import { sizeOfFolder } from '../measure.mjs';
import { Restic } from '../restic.mjs';
import { absentRow, mb, share } from '../text.mjs';
import { WorkloadClock } from '../w1.mjs';
import { WHY } from '../why.mjs';

const TICKS_A_DAY = 144;
/** A dump is compressed once in so many ticks. */
const GZIP_EVERY = 72;
/** restic is given the dumps of two ticks in succession once in so many. Four hours: a third of these pairs falls into the night, as a third of the day does. */
const PAIR_EVERY = 24;

/** P1: what some days of ticks take up. */
export async function storage({ folder, quick, kind }) {
  if (kind.missing) return { rows: [absentRow('P1', 'bytes stored', kind.missing)], notes: [] };
  const ticks = quick ? 12 : kind.days * TICKS_A_DAY;
  const home = join(folder, 'storage');
  const snapshots = join(home, 'snapshots');
  await mkdir(snapshots, { recursive: true });
  const database = await kind.create(folder, 'storage');
  const references = new References(database, home, await Restic.create(join(home, 'restic')));
  const clock = new WorkloadClock();
  const series = new Series(database, snapshots);
  const kinds = { full: 0, differential: 0 };
  for (let done = 0; done < ticks; done++) {
    kinds[(await series.take(clock.now())).kind]++;
    await references.see(done);
    await database.tick(clock);
  }
  const ours = await sizeOfFolder(snapshots);
  await database.remove();
  await rm(home, { recursive: true, force: true });
  const row = ({ named, bytes }, atMost) => ({
    figure: 'P1',
    what: `bytes stored after ${ticks} ticks (${kinds.full} full, ${kinds.differential} differential)`,
    ours: mb(ours),
    reference: `${named}: ${mb(bytes)}`,
    measured: share(ours, bytes),
    target: quick ? '–' : `≤ 1/${atMost}`,
    ok: quick ? null : ours <= bytes / atMost,
    why: WHY.P1,
  });
  const restic = references.restic(ticks);
  return {
    rows: [
      row(references.gzip(ticks), 50),
      restic ? row(restic, 15) : absentRow('P1', 'bytes stored', 'restic is not installed'),
    ],
    notes: [
      `P1: manifests and chunk indexes included, no archives. Every tick is captured. The references are reckoned from some of them: gzip from every ${GZIP_EVERY}th dump; restic from its first backup, and from what the second of two dumps in succession adds, once in ${PAIR_EVERY} ticks.`,
    ],
  };
}

/** What others would store, from some of the ticks. */
class References {
  #gzipped = [];
  #first = null;
  #added = [];

  constructor(database, home, restic) {
    this.database = database;
    this.home = home;
    this.repository = restic;
  }

  async see(tick) {
    if (tick % GZIP_EVERY === 0) {
      const packed = join(this.home, 'dump.sql.gz');
      await this.database.dumpAndGzip(packed);
      this.#gzipped.push((await stat(packed)).size);
    }
    if (this.repository && tick % PAIR_EVERY <= 1) await this.#backUp(tick % PAIR_EVERY === 1);
  }

  async #backUp(isSecond) {
    const dump = join(this.home, 'dump.sql');
    await this.database.dump(dump);
    const before = this.#first === null ? 0 : await this.repository.size();
    await this.repository.backup(dump);
    const after = await this.repository.size();
    this.#first ??= after;
    if (isSecond) this.#added.push(after - before);
  }

  gzip(ticks) {
    return {
      named: `gzip -6 of a dump per tick, from ${this.#gzipped.length} of them`,
      bytes: mean(this.#gzipped) * ticks,
    };
  }

  /** Null where restic is not installed. */
  restic(ticks) {
    if (!this.repository) return null;
    return {
      named: `restic of a dump per tick, from ${this.#added.length + 1} of them`,
      bytes: this.#first + mean(this.#added) * (ticks - 1),
    };
  }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
