import { setTimeout as wait } from 'node:timers/promises';
import { BackupError } from '../../model/errors.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { readable, type BytePath } from './byte-path.js';
import { syncFileSystem } from './durable-file.js';
import type { RecoveredRestore } from './files.requests.js';
import { discardStaging, isOwned, newPath, stagingsIn, type Staging } from './staging.js';
import { changeState, findJournal, rollBack, rollForward, settleFolders, type SwapJournal } from './swap.journal.js';
import { exists } from './tree.moves.js';

/** A process whose program was killed notices it at its next pause, or when it has finished. */
const OWNER_ENDS_WITHIN_MS = 20_000;
const POLL_MS = 50;

/**
 * Brings to an end what a killed restore left in these folders: finished if it had been decided, undone otherwise.
 * @returns null where there was nothing
 */
export async function recoverIn(
  bases: Iterable<BytePath>,
  { whileHeld }: Pick<TaskContext, 'whileHeld'>,
): Promise<RecoveredRestore | null> {
  let recovered: RecoveredRestore | null = null;
  for (const base of bases) {
    for (const staging of stagingsIn(base)) {
      await ownerGone(staging);
      const outcome = exists(staging.path) ? await whileHeld(() => recover(staging)) : null;
      if (recovered?.state !== 'finished') recovered = outcome ?? recovered;
    }
  }
  return recovered;
}

/**
 * From the decision to the end. What fails on the way is undone.
 * @param onDone told when everything is in its place, and the journal still says so
 */
export function carryOut(journal: SwapJournal, onDone: () => void = () => undefined): void {
  try {
    rollForward(journal);
  } catch (error) {
    changeState(journal, 'decided', 'undoing');
    undo(journal);
    throw error;
  }
  complete(journal, onDone);
}

function recover(staging: Staging): RecoveredRestore | null {
  const found = findJournal(staging);
  if (!found) {
    const wasAtWork = exists(newPath(staging, '')); // else it was just being made, or removed
    discardStaging(staging);
    return wasAtWork ? { state: 'undone', outcome: null } : null;
  }
  const { state, journal } = found;
  if (state === 'decided') carryOut(journal);
  else if (state === 'undoing') undo(journal);
  else if (state === 'done') tidyUp(journal);
  else discardAll(journal);
  if (state === 'decided' || state === 'done') return { state: 'finished', outcome: journal.outcome };
  return { state: 'undone', outcome: null };
}

function complete(journal: SwapJournal, onDone: () => void): void {
  for (const path of settleFolders(journal))
    journal.outcome.warnings.push(`The folder ${JSON.stringify(readable(path))} kept its own mode and time.`);
  syncAll(journal);
  changeState(journal, 'decided', 'done');
  onDone();
  tidyUp(journal);
}

/** With the stagings something goes out of the bases, so these get their times only now. */
function tidyUp(journal: SwapJournal): void {
  discardAll(journal);
  settleFolders({ ...journal, settles: journal.settles.filter(({ path }) => path === '') });
}

function undo(journal: SwapJournal): void {
  rollBack(journal);
  syncAll(journal);
  changeState(journal, 'undoing', 'undone');
  discardAll(journal);
}

/** The first staging holds the journal, so it goes last. */
function discardAll({ stagings: [leader, ...others] }: SwapJournal): void {
  for (const staging of [...others, leader!]) discardStaging(staging);
}

function syncAll({ stagings }: SwapJournal): void {
  for (const { base } of stagings) syncFileSystem(base);
}

async function ownerGone(staging: Staging): Promise<void> {
  for (let waited = 0; isOwned(staging); waited += POLL_MS) {
    if (waited >= OWNER_ENDS_WITHIN_MS)
      throw new BackupError(
        'ENGINE_FAILED',
        `A restore is still running in ${JSON.stringify(readable(staging.base))}. Wait until it has ended, or end its process.`,
      );
    await wait(POLL_MS);
  }
}
