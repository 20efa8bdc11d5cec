import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { meaningOf } from '../../dialects/mysql/mysql.meanings.js';
import { quoted } from '../../dialects/mysql/mysql.names.js';
import type { Program } from '../programs/program.js';
import type { MysqlPrograms } from './mysql.programs.js';

/** Keeps others from writing to tables whose engines have no transactions while a dump is made, so that it is of one moment. */
export class ReadLocks {
  static readonly NONE = new ReadLocks(null);

  private readonly answers: AsyncIterator<Buffer> | undefined;

  /** @param program a client that holds them, until it ends */
  private constructor(private readonly program: Program | null) {
    this.answers = (program?.output as AsyncIterable<Buffer> | undefined)?.[Symbol.asyncIterator]();
  }

  /**
   * @returns null where the account may not lock tables
   * @throws BackupError `DATABASE_LOCKED` where somebody writes to one of them for longer than the busy timeout
   */
  static async take(programs: MysqlPrograms, target: ServerTarget, tables: string[]): Promise<ReadLocks | null> {
    if (tables.length === 0) return ReadLocks.NONE;
    const locks = new ReadLocks(await programs.client(target, target.database));
    try {
      await locks.run(`LOCK TABLES ${tables.map((name) => `${quoted(name)} READ`).join(', ')};`);
      return locks;
    } catch (error) {
      locks.release();
      if (error instanceof BackupError && isForbidden(error)) return null;
      throw error;
    }
  }

  /** @throws BackupError `DATABASE_UNAVAILABLE` where they were lost meanwhile, with their connection */
  async assertHeld(): Promise<void> {
    await this.run('');
  }

  release(): void {
    this.program?.kill();
  }

  private async run(sql: string): Promise<void> {
    if (!this.program || !this.answers) return;
    await this.program.write(`${sql} SELECT 1;\n`);
    const { done } = await this.answers.next();
    if (done) throw this.program.failure(await this.program.exitCode());
  }
}

export const isForbidden = ({ cause }: BackupError): boolean =>
  meaningOf({ number: (cause as { errno?: number } | undefined)?.errno }) === 'forbidden';
