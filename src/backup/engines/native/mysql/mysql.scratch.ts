import { createHash, randomBytes } from 'node:crypto';
import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { literal, quoted } from '../../dialects/mysql/mysql.names.js';
import type { MysqlPrograms } from './mysql.programs.js';
import { isForbidden } from './mysql.read-locks.js';

/** The two databases beside the live one in which a restore works. */
export class ScratchDatabases {
  /** The snapshot's tables on their way in, and the former ones on their way out. Of one restore alone: another may be stopped, and go on. */
  readonly incoming: string;
  readonly outgoing: string;
  /** How the names of all such databases of this live one begin, so that a next restore clears away what a killed one left. */
  private readonly beginning: string;

  constructor(
    private readonly programs: MysqlPrograms,
    private readonly target: ServerTarget,
  ) {
    const own = createHash('sha256').update(target.database).digest('hex').slice(0, 16);
    this.beginning = `nestjs_backup_${own}_`;
    const name = `${this.beginning}${randomBytes(4).toString('hex')}`;
    this.incoming = `${name}_in`;
    this.outgoing = `${name}_out`;
  }

  /** Makes them; what killed restores left goes away. @throws BackupError that names the missing right */
  async create(): Promise<void> {
    try {
      await this.dropAll(await this.leftByOthers());
      await this.programs.ask(
        this.target,
        `CREATE DATABASE ${quoted(this.incoming)}; CREATE DATABASE ${quoted(this.outgoing)};\n`,
      );
    } catch (error) {
      if (!(error instanceof BackupError) || !isForbidden(error)) throw error;
      throw new BackupError(
        error.code,
        `The user of the database URL may not create the databases that a restore needs besides the live one. Nothing was changed. Run as an administrator: ` +
          `GRANT ALL ON \`nestjs\\_backup\\_%\`.* TO that user. (${error.message})`,
      );
    }
  }

  drop(): Promise<void> {
    return this.dropAll([this.incoming, this.outgoing]);
  }

  /** By restores that were killed, or have lost the right to end. */
  private async leftByOthers(): Promise<string[]> {
    const begins = `LEFT(SCHEMA_NAME, ${this.beginning.length}) = ${literal(this.beginning)}`;
    const names = await this.programs.ask(
      this.target,
      `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE ${begins};\n`,
    );
    return names.split('\n').filter((name) => name !== '');
  }

  private async dropAll(databases: readonly string[]): Promise<void> {
    const drops = databases.map((name) => `DROP DATABASE IF EXISTS ${quoted(name)};`);
    await this.programs.ask(this.target, `SET foreign_key_checks = 0; ${drops.join(' ')}\n`);
  }
}
