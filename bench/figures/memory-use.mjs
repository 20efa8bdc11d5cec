import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { forgetPeak, memoryOf, watchChildren } from '../memory.mjs';
import { Load, Program } from '../program.mjs';
import { mib } from '../text.mjs';
import { createW1, SCALES } from '../w1.mjs';

const MOST_GROWTH = 20;
const MOST_IN_HOST = 200;

/** P6: the memory of the program and of the engine host, at three sizes. */
export async function memoryUse({ folder, quick }) {
  const rows = [];
  for (const size of quick ? ['10 MB', '61 MB'] : Object.keys(SCALES)) rows.push(...(await memoryAt(size, folder)));
  return {
    rows,
    notes: [
      'P6: peak resident memory as the kernel counts it (`VmHWM`). The program has answered some thousand requests before; its growth is its peak during the operation less what it held just before. The engine host is a new process each time; the restore covers verification, safety snapshot and the restore itself.',
    ],
  };
}

async function memoryAt(size, folder) {
  const database = join(folder, 'memory.sqlite');
  createW1(database, SCALES[size]);
  const program = await Program.start(database, join(folder, 'memory'));
  try {
    await warmUp(program);
    let id;
    const measured = {
      capture: await watched(program, async () => ({ id } = await program.capture())),
      verify: await watched(program, () => program.verify(id)),
      restore: await watched(program, () => program.restore(id)),
    };
    return Object.entries(measured).flatMap(([operation, { growth, host }]) => [
      row(`engine host, ${operation}, ${size}`, host, mib(host), MOST_IN_HOST, ''),
      row(`program's growth, ${operation}, ${size}`, growth, `+${Math.max(0, growth).toFixed(1)} MB`, MOST_GROWTH, '+'),
    ]);
  } finally {
    await program.stop();
    await rm(join(folder, 'memory'), { recursive: true, force: true });
    for (const suffix of ['', '-wal', '-shm']) await rm(database + suffix, { force: true });
  }
}

const row = (what, value, text, most, sign) => ({
  figure: 'P6',
  what,
  ours: text,
  reference: '–',
  measured: text,
  target: `≤ ${sign}${most} MB`,
  ok: value <= most,
});

/** A program that has just started has not allocated yet what it needs for any request. */
async function warmUp(program) {
  const load = new Load(program, 4);
  await sleep(2000);
  await load.stop();
  const { id } = await program.capture(); // and neither for the first job
  await program.remove(id);
  await sleep(500);
}

async function watched(program, work) {
  const before = memoryOf(program.pid, 'VmRSS');
  forgetPeak(program.pid);
  const children = watchChildren(program.pid);
  await work();
  const host = children.stop();
  return { growth: memoryOf(program.pid, 'VmHWM') - before, host };
}
