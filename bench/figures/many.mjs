import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { plant } from '../many-snapshots.mjs';
import { median, timed } from '../measure.mjs';
import { Program } from '../program.mjs';
import { count, limitRow, mb, ms } from '../text.mjs';
import { SCALES } from '../w1.mjs';
import { WHY } from '../why.mjs';

const MANY = 20_000;
const SECOND = 1000;
/** A pause that nobody notices. */
const STALL_MS = 100;
const ROUNDS = 5;

/** P13: a folder with many snapshots, which the program has never seen. */
export async function manySnapshots({ folder, quick, kind }) {
  const home = join(folder, 'many');
  const snapshots = quick ? MANY / 10 : MANY;
  const database = await kind.create(folder, 'many', SCALES['10 MB'] / 100);
  await plant(database, home, snapshots);
  const began = performance.now();
  const program = await Program.start(database, home);
  try {
    const served = performance.now() - began;
    await program.loopDelay();
    await program.untilIndexed();
    const listed = performance.now() - began;
    const indexing = await program.loopDelay();
    const { bytes } = await databaseOf(home);
    const asked = [
      ['health', () => program.health(), SECOND / 10],
      ['the newest snapshot', () => program.newest(), SECOND / 10],
      ['dry run of the clean-up', () => program.dryRun(), SECOND],
    ];
    const answers = [];
    for (const [what, ask, most] of asked) answers.push([what, await medianOf(ask), most]);
    const lists = [];
    for (const path of ['/list', '/all']) lists.push([path, await streamed(program, path)]);
    return { rows: rows({ snapshots, served, listed, indexing, bytes, answers, lists }), notes: [NOTE] };
  } finally {
    await program.stop();
    await database.remove();
    await rm(home, { recursive: true, force: true });
  }
}

const NOTE =
  'P13: real small snapshots with 20 tables each, so a manifest of 10 kB. Served means that an account has signed in. The longest delay is that of the event loop between being served and the whole list, and while a list is sent; the monitor counts its own timer.';

const databaseOf = async (home) => ({ bytes: (await stat(join(home, 'backups', 'catalog.sqlite'))).size });

async function medianOf(ask) {
  const took = [];
  for (let round = 0; round <= ROUNDS; round++) took.push(await timed(ask));
  return median(took.slice(1));
}

/** All of a list, while somebody else asks. */
async function streamed(program, path) {
  await program.loopDelay();
  let isDone = false;
  let longest = 0;
  const others = (async () => {
    while (!isDone) {
      longest = Math.max(longest, await timed(() => program.ask('GET', '/healthz')));
      await sleep(5);
    }
  })();
  const { took, bytes } = await program.stream(path);
  isDone = true;
  await others;
  return { took, bytes, longest, delay: (await program.loopDelay()).max };
}

function rows({ snapshots, served, listed, indexing, bytes, answers, lists }) {
  const row = (what, value, most, text = ms, reference = '–') =>
    limitRow({ figure: 'P13', what, value, most, text, reference, why: WHY.P13 });
  const seconds = (value) => `${(value / SECOND).toFixed(2)} s`;
  return [
    row(`first start on ${count(snapshots)} unknown snapshots, until it serves`, served, 3 * SECOND, seconds),
    row('the same, until all are listed', listed, 30 * SECOND, seconds, `a catalog of ${mb(bytes)}`),
    row('the same, longest delay of the event loop meanwhile', indexing.max, STALL_MS),
    ...answers.map(([what, value, most]) => row(what, value, most)),
    ...lists.flatMap(([path, { took, bytes: sent, longest, delay }]) => [
      row(`\`${path}\`, ${mb(sent)}`, took, 10 * SECOND, seconds),
      row('the same, longest wait of another request meanwhile', longest, STALL_MS, ms, `event loop: ${ms(delay)}`),
    ]),
  ];
}
