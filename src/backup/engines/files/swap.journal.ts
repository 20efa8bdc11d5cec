import { readFileSync } from 'node:fs';
import { BackupError } from '../../model/errors.js';
import { parsePathText, pathText, readable, type BytePath } from './byte-path.js';
import { renameDurably, writeFileDurably } from './durable-file.js';
import { secondsText, type Metadata } from './file.entry.js';
import type { RestoreFilesOutcome } from './files.requests.js';
import { newPath, oldPath, type Staging } from './staging.js';
import { applyMetadata, exists, lookAt, move } from './tree.moves.js';

/** One thing in a base that makes room for what stands in its staging, or for nothing. */
export interface Swap {
  /** Which of the journal's stagings. */
  in: number;
  path: BytePath;
  /** Whether something new takes its place. */
  place: boolean;
}

/** Metadata that a folder gets when everything is in its place. */
export interface Settle {
  in: number;
  path: BytePath;
  mode: number;
  uid: number;
  gid: number;
  mtime: string;
}

export const settleOf = (number: number, path: BytePath, { mode, uid, gid, mtimeNs }: Metadata): Settle => ({
  in: number,
  path,
  mode,
  uid,
  gid,
  mtime: secondsText(mtimeNs),
});

export interface SwapJournal {
  stagings: Staging[];
  swaps: Swap[];
  settles: Settle[];
  outcome: RestoreFilesOutcome;
}

/**
 * How far a restore has come, by the name under which its journal stands in the first staging. It is decided by one rename, for all stagings together; before
 * that nothing in a base has been touched.
 */
export const STATES = ['decided', 'undoing', 'done', 'undone'] as const;
export type JournalState = (typeof STATES)[number];

const FORMAT = 'nestjs-backup/restore-journal';
const LEADER = 'leader.json';

const journalPath = (leader: Staging, state: JournalState): BytePath => `${leader.path}/journal.${state}.json`;

/** The point of no doubt: from here on an interrupted restore is finished. */
export function decide(journal: SwapJournal): void {
  const [leader, ...others] = journal.stagings;
  for (const staging of others) writeFileDurably(`${staging.path}/${LEADER}`, JSON.stringify(stagingText(leader!)));
  writeFileDurably(journalPath(leader!, 'decided'), serialise(journal));
}

export function changeState({ stagings: [leader] }: SwapJournal, from: JournalState, to: JournalState): void {
  renameDurably(journalPath(leader!, from), journalPath(leader!, to));
}

/** What was decided for a staging; null for one whose restore had not come that far. */
export function findJournal(staging: Staging): { state: JournalState; journal: SwapJournal } | null {
  const leader = leaderOf(staging);
  if (!exists(leader.base))
    throw new BackupError(
      'ENGINE_FAILED',
      `The state of an interrupted restore is recorded in the folder ${JSON.stringify(readable(leader.base))}, which does not exist. Mount it, and start again.`,
    );
  for (const state of STATES) {
    const path = journalPath(leader, state);
    if (exists(path)) return { state, journal: parse(readFileSync(Buffer.from(path, 'latin1'), 'utf8')) };
  }
  return null;
}

/** Moves everything to its new place. Steps that were done before are passed over, so it can be repeated. */
export function rollForward({ stagings, swaps }: SwapJournal): void {
  swaps.forEach(({ in: number, path, place }, step) => {
    const staging = stagings[number]!;
    const [live, next] = [livePath(staging, path), newPath(staging, path)];
    let aside = oldPath(staging, step);
    if (place ? !exists(next) : exists(aside)) return;
    if (exists(live)) {
      if (exists(aside)) aside = oldPath(staging, `${step}-late`); // somebody made it anew after the program was killed
      move(live, aside);
    }
    if (place) move(next, live);
  });
}

/** Moves everything back to where it was, the last step first. */
export function rollBack({ stagings, swaps }: SwapJournal): void {
  for (let step = swaps.length - 1; step >= 0; step--) {
    const { in: number, path, place } = swaps[step]!;
    const staging = stagings[number]!;
    const [live, next, aside] = [livePath(staging, path), newPath(staging, path), oldPath(staging, step)];
    if (place && !exists(next) && exists(live)) move(live, next);
    if (exists(aside)) move(aside, live);
  }
}

/**
 * Gives the folders their owner, mode and time, inner ones first.
 * @returns those that did not take it
 */
export function settleFolders({ stagings, settles }: SwapJournal): BytePath[] {
  return settles.flatMap(({ in: number, path, mode, uid, gid, mtime }) => {
    const live = livePath(stagings[number]!, path);
    try {
      if (lookAt(live)?.isDirectory()) applyMetadata(live, { mode, uid, gid, mtimeNs: BigInt(mtime.replace('.', '')) });
      return [];
    } catch {
      return [live];
    }
  });
}

const livePath = ({ base }: Staging, path: BytePath): BytePath => (path === '' ? base : `${base}/${path}`);

function leaderOf(staging: Staging): Staging {
  const path = `${staging.path}/${LEADER}`;
  if (!exists(path)) return staging;
  return parseStaging(JSON.parse(readFileSync(Buffer.from(path, 'latin1'), 'utf8')));
}

const stagingText = ({ base, path }: Staging) => ({ base: pathText(base), path: pathText(path) });

function parseStaging(value: unknown): Staging {
  const { base, path } = value as { base: unknown; path: unknown };
  return { base: parsePathText(base)!, path: parsePathText(path)! };
}

function serialise({ stagings, swaps, settles, outcome }: SwapJournal): string {
  const withText = <T extends { path: BytePath }>(item: T) => ({ ...item, path: pathText(item.path) });
  return JSON.stringify({
    format: FORMAT,
    version: 1,
    stagings: stagings.map(stagingText),
    swaps: swaps.map(withText),
    settles: settles.map(withText),
    outcome,
  });
}

/** It was written as a whole by this program, in a folder of its own. */
function parse(text: string): SwapJournal {
  const { stagings, swaps, settles, outcome } = JSON.parse(text) as SwapJournal;
  const withBytes = <T extends { path: BytePath }>(item: T): T => ({ ...item, path: parsePathText(item.path)! });
  return {
    stagings: stagings.map(parseStaging),
    swaps: swaps.map(withBytes),
    settles: settles.map(withBytes),
    outcome,
  };
}
