import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rm } from 'node:fs/promises';
import { median } from '../measure.mjs';
import { Load, Program } from '../program.mjs';
import { more, ms } from '../text.mjs';
import { SCALES } from '../w1.mjs';
import { WHY } from '../why.mjs';

/** One connection that asks without pause keeps client and server busy in turn: about one core. */
const CONNECTIONS = 1;
const IDLE_MS = 8000;

/** P5: what the application's own requests notice of a capture. */
export async function responsiveness({ folder, quick, kind }) {
  const size = quick ? '61 MB' : '1 GB';
  const database = await kind.create(folder, 'responsiveness', SCALES[size]);
  const program = await Program.start(database, join(folder, 'responsiveness'));
  const load = new Load(program, CONNECTIONS);
  try {
    await sleep(3000); // until the program's code is compiled and its heap has its size
    await program.remove((await program.capture()).id);
    const idle = [];
    const capturing = [];
    const stretch = async (work) => {
      await program.loopDelay();
      await load.since();
      await work();
      return { delay: await program.loopDelay(), load: await load.since() };
    };
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      idle.push(await stretch(() => sleep(quick ? 2000 : IDLE_MS)));
      let snapshot;
      capturing.push(await stretch(async () => (snapshot = await program.capture())));
      await program.remove(snapshot.id);
      await sleep(1000);
    }
    return { rows: rows(size, idle, capturing), notes: [NOTE] };
  } finally {
    await load.stop();
    await program.stop();
    await rm(join(folder, 'responsiveness'), { recursive: true, force: true });
    await database.remove();
  }
}

const NOTE =
  'P5: the real program (`dist/main.js`) answers `GET /healthz`, which asks the database, over one connection that is never idle, from a process of its own; idle means that no capture runs. With client and server taking turns that is about one core, so on two cores the engine host has the other one. The delay is `monitorEventLoopDelay` at 1 ms, which counts its own timer.';

function rows(size, idle, capturing) {
  const medianOf = (stretches, value) => median(stretches.map(value));
  const both = (value) => [medianOf(idle, value), medianOf(capturing, value)];
  const [p99Idle, p99] = both(({ delay }) => delay.p99);
  const [maxIdle, max] = both(({ delay }) => delay.max);
  const [rateIdle, rate] = both(({ load }) => load.perSecond);
  const [waitIdle, wait] = both(({ load }) => load.p99);
  const failures = [...idle, ...capturing].reduce((sum, { load }) => sum + load.failures, 0);
  const worst = Math.max(...capturing.map(({ delay }) => delay.max));
  const row = (what, ours, reference, measured, target, ok) => ({
    figure: 'P5',
    what,
    ours,
    reference: `idle: ${reference}`,
    measured,
    target,
    ok,
    why: WHY.P5,
  });
  return [
    row(
      `event-loop delay p99, capturing ${size}`,
      ms(p99),
      ms(p99Idle),
      more(p99 - p99Idle),
      '≤ +5 ms',
      p99 - p99Idle <= 5,
    ),
    row(
      'event-loop delay, longest',
      ms(max),
      ms(maxIdle),
      `${ms(max)} (${ms(worst)} in the worst round)`,
      '≤ 25 ms',
      max <= 25,
    ),
    row(
      'throughput',
      `${Math.round(rate)}/s`,
      `${Math.round(rateIdle)}/s`,
      (rate / rateIdle).toFixed(2),
      '≥ 0.9',
      rate / rateIdle >= 0.9,
    ),
    row(
      'latency p99',
      ms(wait),
      ms(waitIdle),
      `${more(wait - waitIdle)}, ${failures} failures`,
      '–',
      failures === 0 ? null : false,
    ),
  ];
}
