import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { warmUp, watched } from '../memory.mjs';
import { Program } from '../program.mjs';
import { limitRow, memory, moreMemory } from '../text.mjs';
import { SCALES } from '../w1.mjs';
import { WHY } from '../why.mjs';

const MOST_GROWTH = 20e6;
const MOST_IN_HOST = 200e6;

/** P6: the memory of the program and of the engine host, at three sizes. */
export async function memoryUse({ folder, quick, kind }) {
  const rows = [];
  for (const size of quick ? ['61 MB'] : Object.keys(SCALES)) rows.push(...(await memoryAt(size, { folder, kind })));
  return {
    rows,
    notes: [
      'P6: peak resident memory as the kernel counts it (`VmHWM`), measured once. The program has answered some thousand requests before; its growth is its peak during the operation less what it held just before. The engine host is a new process each time; the restore covers verification, safety snapshot and the restore itself.',
    ],
  };
}

async function memoryAt(size, { folder, kind }) {
  const database = await kind.create(folder, 'memory', SCALES[size]);
  const program = await Program.start(database, join(folder, 'memory'));
  try {
    await warmUp(program);
    let id;
    const measured = {
      capture: await watched(program, async () => ({ id } = await program.capture())),
      verify: await watched(program, () => program.verify(id)),
      restore: await watched(program, () => program.restore(id)),
    };
    const row = { figure: 'P6', why: WHY.P6 };
    return Object.entries(measured).flatMap(([operation, { growth, host }]) => [
      limitRow({ ...row, what: `engine host, ${operation}, ${size}`, value: host, most: MOST_IN_HOST, text: memory }),
      limitRow({
        ...row,
        what: `program's growth, ${operation}, ${size}`,
        value: growth,
        most: MOST_GROWTH,
        text: moreMemory,
      }),
    ]);
  } finally {
    await program.stop();
    await rm(join(folder, 'memory'), { recursive: true, force: true });
    await database.remove();
  }
}
