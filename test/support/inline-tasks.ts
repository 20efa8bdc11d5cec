import { PassThrough, type Readable } from 'node:stream';
import { deserialize, serialize } from 'node:v8';
import { afterAll, beforeAll } from 'vitest';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import {
  ENGINE_TASKS,
  type TaskAnswer,
  type TaskName,
  type TaskRequest,
} from '../../src/backup/engines/engine.tasks.js';
import { asBackupError, BackupError } from '../../src/backup/model/errors.js';
import type { TaskRun } from '../../src/backup/system/child-task.js';
import type { ChildTask, TaskContext } from '../../src/backup/system/child-task-server.js';
import { Fence } from '../../src/backup/system/fence.js';

const children = methodsOf(EngineHost.prototype);

/**
 * From now on the engine's tasks run in this process: a child costs a tenth of a second of processor time, far more than most tests' tasks. What
 * is said between the two is copied as between processes. A task that is cancelled stops at its next step, and is not killed in the middle of one.
 *
 * Not for an application that keeps a SQLite database open here while other processes use it: a task closes files of the database, by which this
 * process loses its locks on them (see `DatabaseState`).
 */
export function runTasksInline(): void {
  Object.assign(EngineHost.prototype, methodsOf(InlineHost.prototype));
}

/** In the tests of this file or `describe`, each task has a child process, as in an application: for tests of kills, cancels, locks and leftovers. */
export function useChildren(): void {
  const before = methodsOf(EngineHost.prototype);
  beforeAll(() => void Object.assign(EngineHost.prototype, children));
  afterAll(() => void Object.assign(EngineHost.prototype, before));
}

/** An engine host without children, whatever the tests of the file have otherwise. */
export class InlineHost extends EngineHost {
  override async run<Name extends TaskName>(
    name: Name,
    request: TaskRequest<Name>,
    run: TaskRun = {},
  ): Promise<TaskAnswer<Name>> {
    return (await perform(name, request, run, {})) as TaskAnswer<Name>;
  }

  override stream<Name extends TaskName>(name: Name, request: TaskRequest<Name>, run: TaskRun = {}): Promise<Readable> {
    const answer = new PassThrough();
    return new Promise((resolve, reject) => {
      let handedOut = false;
      const handOut = () => {
        handedOut = true;
        resolve(answer);
      };
      const written = perform(name, request, run, {
        ready: () => Promise.resolve(handOut()),
        write: (piece) => writeTo(answer, piece),
      });
      written.then(
        () => {
          handOut();
          answer.end();
        },
        (error: Error) => {
          reject(error);
          answer.destroy(handedOut ? error : undefined);
        },
      );
    });
  }

  override prepare(): void {
    // there is no child to keep ready
  }
}

// eslint-disable-next-line @typescript-eslint/unbound-method
function methodsOf({ run, stream, prepare }: EngineHost): Pick<EngineHost, 'run' | 'stream' | 'prepare'> {
  return { run, stream, prepare };
}

/** What a task is given that nobody watches or cancels. */
export const quiet = (): TaskContext => ({
  ready: () => Promise.resolve(),
  write: () => Promise.resolve(),
  report: () => undefined,
  breathe: () => Promise.resolve(),
  whileHeld: async (work) => work(),
});

async function perform(
  name: TaskName,
  request: unknown,
  { signal, fence, onProgress }: TaskRun,
  streaming: Partial<TaskContext>,
): Promise<unknown> {
  const stopIfAborted = () => {
    if (signal?.aborted) throw reasonOf(signal);
  };
  const context: TaskContext = {
    ...quiet(),
    ...streaming,
    report: (progress) => {
      if (!signal?.aborted) onProgress?.(progress);
    },
    breathe: () => new Promise<void>((resolve) => setImmediate(resolve)).then(stopIfAborted),
    whileHeld: (work) => {
      stopIfAborted();
      return new Fence(fence?.claim ?? null).whileHeld(work);
    },
  };
  try {
    stopIfAborted();
    const task = (await ENGINE_TASKS[name]()) as ChildTask;
    const answer = copied(await task(copied(request) as never, context));
    stopIfAborted();
    return answer;
  } catch (thrown) {
    stopIfAborted();
    const { code, message, details } = asBackupError(thrown);
    throw new BackupError(code, message, copied({ ...details }));
  }
}

const copied = <T>(value: T): T => deserialize(serialize(value)) as T;

async function writeTo(answer: PassThrough, piece: Buffer): Promise<void> {
  if (answer.destroyed) throw new Error('Nobody reads the answer any longer.');
  // A copy: the task may use its buffer again.
  if (answer.write(Buffer.from(piece))) return;
  await new Promise<void>((resolve) => {
    const goOn = () => {
      answer.off('drain', goOn).off('close', goOn);
      resolve();
    };
    answer.on('drain', goOn).on('close', goOn);
  });
}

const reasonOf = (signal: AbortSignal): BackupError =>
  signal.reason instanceof BackupError ? signal.reason : new BackupError('CANCELLED', 'The job was cancelled.');
