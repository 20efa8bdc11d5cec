import { lstatSync, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import type { FilesManifest } from '../../model/manifest.js';
import type { TaskContext } from '../../system/child-task-server.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
import { verifyBytes } from '../shared/verify-bytes.js';
import { isBelow, type BytePath } from './byte-path.js';
import { syncFileSystem } from './durable-file.js';
import { STAGES, type RestoreFilesOutcome, type RestoreFilesRequest } from './files.requests.js';
import { carryOut, recoverIn } from './recovery.js';
import { assertRoom, makeFolders, resolveTargets, type RestoreTarget } from './restore.targets.js';
import { Selection } from './selection.js';
import { createStaging, discardStaging, type Staging } from './staging.js';
import { decide, findJournal, settleOf, type Settle, type SwapJournal } from './swap.journal.js';
import { SwapPlanner } from './swap.plan.js';
import { Tree } from './tree.js';
import { isRoot } from './tree.moves.js';
import { TreeWriter } from './tree.writer.js';

const MOST_STAGED = 0.8;

/** Builds and proves the trees beside what is there, and swaps them in; the targets are as before unless this succeeds. */
export async function restoreFilesTask(
  request: RestoreFilesRequest,
  context: TaskContext,
): Promise<RestoreFilesOutcome> {
  const { snapshot } = request;
  context.report({ stage: 'restore', progress: 0 });
  const tree = await Tree.open(snapshot);
  try {
    const targets = resolveTargets(request.targets, tree.summaries, backupFolderOf(snapshot));
    await recoverIn(new Set(targets.map(({ base }) => base)), context);
    assertRoom(targets);
    return await stageAndSwap(tree, snapshot, targets, context);
  } catch (error) {
    await verifyBytes(snapshot, context); // if the stored bytes are damaged, that is the reason to tell
    throw error;
  } finally {
    await tree.close();
  }
}

/** Whether a restore could succeed, going by the stored bytes and by the targets as they are now. */
export async function checkFilesRestorableTask(request: RestoreFilesRequest, context: TaskContext): Promise<null> {
  const { snapshot } = request;
  await verifyBytes(snapshot, context);
  const tree = await Tree.open(snapshot);
  try {
    assertRoom(resolveTargets(request.targets, tree.summaries, backupFolderOf(snapshot)));
  } finally {
    await tree.close();
  }
  return null;
}

async function stageAndSwap(
  tree: Tree,
  snapshot: StoredSnapshot<FilesManifest>,
  targets: RestoreTarget[],
  context: TaskContext,
): Promise<RestoreFilesOutcome> {
  const stagings = new Map<BytePath, Staging>();
  try {
    const bases = new Set(targets.map(({ base }) => base));
    makeFolders(bases);
    for (const base of bases) stagings.set(base, createStaging(base));
    const writers = targets.map((target) => new TreeWriter(snapshot.manifest.id, target, stagings.get(target.base)!));
    const owners = await stage(tree, writers, context);
    const journal = journalOf(snapshot, tree, writers, [...stagings.values()], owners);
    context.report({ stage: 'check', progress: MOST_STAGED });
    for (const { base } of journal.stagings) syncFileSystem(base);
    await context.breathe(); // the last moment at which a cancelled restore leaves everything as it is
    await context.whileHeld(async () => {
      decide(journal);
      context.report({ stage: STAGES.decided, progress: 0.9 });
      await context.breathe(); // so that it is told before it is done
      carryOut(journal, () => context.report({ stage: STAGES.done, progress: 0.99 }));
    });
    return journal.outcome;
  } catch (error) {
    // What has been decided is not given up, whatever went wrong: the stagings may hold what was live. The recovery that follows brings it to its end.
    for (const staging of stagings.values()) if (!findJournal(staging)) discardStaging(staging);
    throw error;
  }
}

/** @returns whether anything belongs to somebody else than this process */
async function stage(tree: Tree, writers: readonly TreeWriter[], context: TaskContext): Promise<{ others: boolean }> {
  const total = writers.reduce((sum, { target }) => sum + target.summary.bytes, 0) + 1;
  const uid = process.geteuid?.();
  let done = 0;
  let others = false;
  for await (const item of tree.items()) {
    const { entry } = item;
    const writer = writers.find(({ target: { root } }) => entry.path === root || isBelow(entry.path, root));
    if (!writer) continue;
    await writer.write(item);
    others ||= entry.type !== 'skipped' && entry.uid !== uid;
    if (entry.type === 'file') done += entry.size;
    context.report({ stage: 'restore', progress: (MOST_STAGED * done) / total });
    await context.breathe();
  }
  for (const writer of writers) writer.finish();
  return { others };
}

function journalOf(
  snapshot: StoredSnapshot<FilesManifest>,
  tree: Tree,
  writers: readonly TreeWriter[],
  stagings: Staging[],
  { others }: { others: boolean },
): SwapJournal {
  const selection = new Selection(tree.head.include, tree.head.exclude);
  const backupFolder = lstatSync(backupFolderOf(snapshot), { bigint: true });
  const isBackupFolder = ({ dev, ino }: BigIntStats) => dev === backupFolder.dev && ino === backupFolder.ino;
  const journal: SwapJournal = { stagings, swaps: [], settles: [], outcome: outcomeOf(writers, others) };
  for (const { target, skipped, late } of writers) {
    const number = stagings.findIndex(({ base }) => base === target.base);
    if (target.name !== '') {
      journal.swaps.push({ in: number, path: target.name, place: true });
      continue;
    }
    const plan = new SwapPlanner(stagings[number]!, number, { selection, skipped, isBackupFolder }).plan();
    for (const swap of plan.swaps) journal.swaps.push(swap);
    journal.settles.push(...settlesOf(number, plan.settles, late));
  }
  return journal;
}

/** Inner folders first: what was moved as a whole lies in no other folder but those that stay. */
function settlesOf(number: number, stay: readonly Settle[], late: TreeWriter['late']): Settle[] {
  const exact = new Map(late.map(({ path, metadata }) => [path, settleOf(number, path, metadata)]));
  const last = stay.map((settle) => exact.get(settle.path) ?? settle);
  for (const { path } of stay) exact.delete(path);
  return [...exact.values(), ...last];
}

function outcomeOf(writers: readonly TreeWriter[], others: boolean): RestoreFilesOutcome {
  const restored = { files: 0, bytes: 0 };
  const warnings: string[] = [];
  let skipped = 0;
  for (const writer of writers) {
    restored.files += writer.target.summary.files;
    restored.bytes += writer.target.summary.bytes;
    skipped += writer.skipped.size;
  }
  if (skipped > 0)
    warnings.push(
      `${skipped} paths could not be captured when the snapshot was taken; what is in their place was left alone.`,
    );
  if (others && !isRoot())
    warnings.push('The owners of files were not restored: only root may change the owner of a file.');
  return { restored, warnings };
}

/** Archives lie in a folder of their own within it. */
function backupFolderOf({ document }: StoredSnapshot<FilesManifest>): string {
  const folder = dirname(document.path);
  return document.entry === null ? folder : dirname(folder);
}
