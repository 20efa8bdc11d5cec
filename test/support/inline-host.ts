import { Readable } from 'node:stream';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import {
  ENGINE_TASKS,
  type TaskAnswer,
  type TaskName,
  type TaskRequest,
} from '../../src/backup/engines/engine.tasks.js';
import type { ChildTask, TaskContext } from '../../src/backup/system/child-task-server.js';

/** The tasks of the engines without a child process: for tests that run hundreds of them over small sources. */
export class InlineHost extends EngineHost {
  override async run<Name extends TaskName>(task: Name, request: TaskRequest<Name>): Promise<TaskAnswer<Name>> {
    const work: ChildTask = await ENGINE_TASKS[task]();
    return (await work(request as never, quiet())) as TaskAnswer<Name>;
  }

  override async stream<Name extends TaskName>(task: Name, request: TaskRequest<Name>): Promise<Readable> {
    const pieces: Buffer[] = [];
    const work: ChildTask = await ENGINE_TASKS[task]();
    await work(
      request as never,
      quiet((piece) => pieces.push(Buffer.from(piece))),
    );
    return Readable.from(pieces);
  }
}

export const quiet = (write: (piece: Buffer) => void = () => undefined): TaskContext => ({
  report: () => undefined,
  ready: () => Promise.resolve(),
  write: (piece) => Promise.resolve(write(piece)),
  breathe: () => Promise.resolve(),
  whileHeld: async (work) => work(),
});
