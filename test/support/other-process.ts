import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { SqliteTarget } from '../../src/backup/engines/database-target.js';
import type { CapturedDocument, CaptureRequest } from '../../src/backup/engines/database.engine.js';

/** A program beside the tests, with a connection of its own: file locks are between processes. */
export class OtherProcess {
  private constructor(private readonly child: ChildProcess) {}

  static start(): OtherProcess {
    return new OtherProcess(fork(join(import.meta.dirname, 'other-process.mjs')));
  }

  /** Opens the database, and keeps it open. */
  open = (path: string) => this.ask('open', path);
  exec = (sql: string) => this.ask('exec', sql);
  all = (sql: string) => this.ask('all', sql) as Promise<unknown[][]>;
  close = () => this.ask('close', null);

  capture = (request: CaptureRequest) => this.ask('capture', request) as Promise<CapturedDocument>;
  /** What a capture would remember of the database, and the rows it would see. */
  look = (target: SqliteTarget) => this.ask('look', target) as Promise<{ state: string | null; rows: string }>;

  /** Runs these statements, with :n counting up, in one transaction after the other until the process is killed. */
  loop = (sql: string[], every = 20) => this.ask('loop', { sql, every });

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** `kill -9` */
  async kill(): Promise<void> {
    if (!this.isAlive) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  private async ask(task: string, payload: unknown): Promise<unknown> {
    this.child.send({ task, payload });
    const [message] = (await once(this.child, 'message')) as [{ answer?: unknown; error?: string }];
    if (message.error !== undefined) throw new Error(message.error);
    return message.answer;
  }
}
