import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { runChildTask, startChild, streamChildTask, type TaskRun } from '../system/child-task.js';
import { ownProgram } from '../system/own-program.js';
import type { TaskAnswer, TaskName, TaskRequest } from './engine.tasks.js';

/**
 * The child process in which everything heavy runs: the API process never scans a table, hashes, compresses or parses a snapshot.
 * Apart for a matter of safety too: two copies of the SQLite library in one process on one file drop each other's POSIX locks.
 */
export class EngineHost {
  private standby: ChildProcess | null = null;
  private readonly program = ownProgram(__filename, 'engine-host.main.js');
  private readonly keepsStandby: boolean;
  private readonly scratch: () => string | null;

  /**
   * @param options.standby keep one child started ahead of need, so that a capture does not wait for a process to start; costs its memory
   * (about 50 MB) all the time
   * @param options.scratch where temporary files of a child that is started now go; null leaves that to the system
   */
  constructor({ standby = false, scratch = () => null }: { standby?: boolean; scratch?: () => string | null } = {}) {
    this.keepsStandby = standby;
    this.scratch = scratch;
  }

  /** Runs one task in a child of its own; `run.signal` kills it. */
  async run<Name extends TaskName>(task: Name, request: TaskRequest<Name>, run?: TaskRun): Promise<TaskAnswer<Name>> {
    try {
      return await runChildTask(this.takeChild(), { task, payload: request }, run);
    } finally {
      this.prepare();
    }
  }

  /** Streams what a task answers as JSON; refusals come before the first byte, a fault found later destroys the stream. */
  stream<Name extends TaskName>(task: Name, request: TaskRequest<Name>, run?: TaskRun): Promise<Readable> {
    return streamChildTask(startChild(this.program, undefined, this.scratch()), { task, payload: request }, run);
  }

  /** Starts the standby, if this host keeps one and there is none. */
  prepare(): void {
    if (!this.keepsStandby || this.standby) return;
    const child = startChild(this.program, 'json.capture' satisfies TaskName, this.scratch());
    child.once('error', () => undefined); // one that cannot be started is missed, and reported, only when a task needs it
    child.once('exit', () => {
      if (this.standby === child) this.standby = null;
    });
    setWaiting(child, true);
    this.standby = child;
  }

  /** Ends the standby. Tasks that run are not touched. */
  close(): void {
    this.standby?.kill('SIGKILL');
    this.standby = null;
  }

  private takeChild(): ChildProcess {
    const child = this.standby;
    this.standby = null;
    if (!child?.connected) return startChild(this.program, undefined, this.scratch());
    setWaiting(child, false);
    return child;
  }
}

/** A child that only waits must not keep the application from ending. */
function setWaiting(child: ChildProcess, waiting: boolean): void {
  const change = waiting ? 'unref' : 'ref';
  child[change]();
  child.channel?.[change]();
  for (const output of [child.stdout, child.stderr]) (output as Socket | null)?.[change]();
}
