import { once } from 'node:events';
import { asBackupError } from '../model/errors.js';
import type { Claim } from './fence.js';
import type { ChildMessage, ChildRequest, TaskProgress } from './child-task.js';

/** What a task in a child process may use. */
export interface TaskContext {
  report(progress: TaskProgress): void;
  /** Says that what follows on standard output is the answer; call it once everything that can be refused has been checked. */
  ready(): Promise<void>;
  /** Writes a piece of the answer, waiting while the reader is slower. */
  write(piece: Buffer): Promise<void>;
  /** Lets messages through between two long steps, and stops here when the parent is gone. */
  breathe(): Promise<void>;
  /** Does what is final, such as a COMMIT. @throws BackupError `LEASE_LOST` when this task may not do that any more */
  whileHeld<T>(work: () => Promise<T> | T): Promise<T>;
}

export type ChildTask = (payload: never, context: TaskContext) => Promise<unknown>;
/** Loads a task when it is asked for. */
export type ChildTasks = Readonly<Record<string, () => Promise<ChildTask>>>;

/**
 * The child's side of `runChildTask`: waits for the one request, runs it, answers, ends. A child whose parent dies ends too; what it
 * was writing is swept at the next start, and the database rolls its transaction back.
 * @param preload a task whose code is loaded while there is nothing to do yet
 */
export function serveOneTask(tasks: ChildTasks, preload?: string): void {
  process.once('disconnect', () => process.exit(0));
  process.once('message', (request: ChildRequest) => {
    void answer(tasks, request).finally(() => process.disconnect());
  });
  if (preload !== undefined) void tasks[preload]?.().catch(() => undefined); // told when the task is asked for
}

async function answer(tasks: ChildTasks, { task, payload, claim = null }: ChildRequest): Promise<void> {
  try {
    const load = tasks[task];
    if (!load) throw new Error(`The engine host has no task "${task}".`);
    const run = await load();
    const value = await run(payload as never, { ...context, whileHeld: behindFence(claim) });
    await endOutput();
    await send({ type: 'result', value });
  } catch (thrown) {
    const error = asBackupError(thrown);
    await send({ type: 'error', code: error.code, message: error.message, details: { ...error.details } });
  }
}

/** Progress is for people: a hundred steps are enough for them. */
const SMALLEST_STEP = 0.01;
let reported: TaskProgress = { stage: null, progress: 0 };

const context: Omit<TaskContext, 'whileHeld'> = {
  report({ stage, progress }) {
    if (stage === reported.stage && progress - reported.progress < SMALLEST_STEP) return;
    reported = { stage, progress };
    void send({ type: 'progress', stage, progress });
  },
  ready: () => send({ type: 'ready' }),
  async write(piece) {
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
  },
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Loaded when it is needed: most tasks commit nothing. */
function behindFence(claim: Claim | null): TaskContext['whileHeld'] {
  return async (work) => new (await import('./fence.js')).Fence(claim).whileHeld(work);
}

function send(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send || !process.connected) return resolve();
    process.send(message, () => resolve());
  });
}

/** Not `drain`: that is only promised after a write that was told to wait, and the last piece may just have fitted. */
function endOutput(): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write('', (error) => (error ? reject(error) : resolve()));
  });
}
