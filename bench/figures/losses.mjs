import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, timed } from '../measure.mjs';
import { Program } from '../program.mjs';
import { absentRow, mb, ms } from '../text.mjs';
import { WorkloadClock } from '../w1.mjs';
import { LOSSES } from '../why.mjs';
import { withProgram } from './ticks.mjs';

const SETTLING_MS = 400;
const TINY = 1 / 1000;

/** L: where another way is better. None of it has a target; it is measured so that nobody has to find out for themselves. */
export async function losses({ folder, quick, kind }) {
  if (kind.missing) return { rows: [absentRow('L', 'what we lose at', kind.missing)], notes: [] };
  const large = await withProgram({ folder, kind }, (setting) => atFullSize(setting, quick ? 1 : 5));
  return { rows: [...large, await tinyDatabase({ folder, kind }, quick ? 3 : 9)], notes: [NOTE] };
}

async function atFullSize({ program, home, database, restic }, rounds) {
  const clock = new WorkloadClock();
  const tick = () => database.tick(clock);
  const others = {
    gzip: () => gzipped(database, home),
    ...(restic && { restic: () => backedUp(database, home, restic) }),
  };
  await others.restic?.(); // its first backup is not what a tick costs
  const first = await inTurns(rounds, tick, { ours: () => taken(program, home, 'full'), ...others });
  const later = await inTurns(rounds, tick, { ours: () => taken(program, home, 'differential') });
  const touch = () => database.touchEveryRow();
  const bulk = await inTurns(rounds, touch, { ours: () => taken(program, home, 'too_much_changed'), ...others });
  const { tools } = database;
  const copied = `${tools.copy}, restic`;
  const row = (what, why, { ours, restic: theirs }) =>
    theirs ? lossRow(what, ours, copied, theirs, why) : absentRow('L', what, 'restic is not installed');
  return [
    lossRow('a full snapshot on the disk', first.ours, tools.dumpAndGzip, first.gzip, LOSSES.full),
    row('the first tick of a day', LOSSES.firstOfDay, first),
    lossRow('the same', first.ours, 'a later tick', later.ours, LOSSES.firstOfDay),
    lossRow('a tick after every row was updated', bulk.ours, tools.dumpAndGzip, bulk.gzip, LOSSES.bulk),
    row('the same', LOSSES.bulk, bulk),
  ];
}

async function tinyDatabase({ folder, kind }, rounds) {
  const home = join(folder, 'tiny');
  await mkdir(home);
  const database = await kind.create(folder, 'tiny', TINY);
  const program = await Program.start(database, home);
  try {
    await taken(program, home, 'full');
    const clock = new WorkloadClock();
    const { ours, gzip } = await inTurns(rounds, () => database.tick(clock), {
      ours: () => taken(program, home, 'small_database'),
      gzip: () => gzipped(database, home),
    });
    return lossRow('a tick of a tiny database', ours, database.tools.dumpAndGzip, gzip, LOSSES.tiny);
  } finally {
    await database.close();
    await program.stop();
    await database.remove();
    await rm(home, { recursive: true, force: true });
  }
}

/** Changes the database, and has each way keep it; round after round. @returns lists of what each took and stored */
async function inTurns(rounds, change, ways) {
  const kept = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    await change();
    for (const [name, work] of Object.entries(ways)) kept[name].push(await work());
  }
  return kept;
}

/** @param meant `differential`, `full`, or the reason why a tick makes a full one; the run fails where it was another */
async function taken(program, home, meant) {
  let snapshot;
  const took = await timed(async () => (snapshot = await (meant === 'full' ? program.capture() : program.tick())));
  await sleep(SETTLING_MS);
  const manifestPath = join(home, 'backups', `${snapshot.id}.meta.json`);
  const { kind, full_reason: reason } = JSON.parse(await readFile(manifestPath, 'utf8'));
  if (![kind, reason].includes(meant)) throw new Error(`Snapshot ${snapshot.id} is ${kind}, ${reason}, not ${meant}.`);
  return { took, bytes: snapshot.size_bytes + (await stat(manifestPath)).size };
}

async function gzipped(database, home) {
  const packed = join(home, 'packed.gz');
  const took = await timed(() => database.dumpAndGzip(packed));
  return { took, bytes: (await stat(packed)).size };
}

async function backedUp(database, home, restic) {
  const before = await restic.size();
  const copy = join(home, 'copy');
  const took = await timed(async () => {
    await database.copy(copy);
    await restic.backup(copy);
  });
  return { took, bytes: (await restic.size()) - before };
}

function lossRow(what, ours, named, theirs, why) {
  const [mine, other] = [ours, theirs].map((kept) => ({
    took: median(kept.map(({ took }) => took)),
    bytes: median(kept.map(({ bytes }) => bytes)),
  }));
  const inWords = ({ took, bytes }) => `${ms(took)}, ${mb(bytes)}`;
  return {
    figure: 'L',
    what,
    ours: inWords(mine),
    reference: `${named}: ${inWords(other)}`,
    measured: `time × ${(mine.took / other.took).toFixed(2)}, bytes × ${(mine.bytes / other.bytes).toFixed(1)}`,
    target: '–',
    ok: null,
    why,
  };
}

const NOTE =
  'L: ticks through the HTTP API, as in P3; bytes are the document and its manifest, those of restic what its repository grew by. The first tick of a day is a full snapshot asked for, which is the same work.';
