import type { CapturedConstraints } from './postgres.captured-constraints.js';
import { ChecksAside } from './postgres.checks.js';
import type { PostgresConnection } from './postgres.connection.js';
import { ForeignKeysAside } from './postgres.foreign-keys.js';
import { TriggersAside } from './postgres.triggers.js';

/** What is taken away or switched off while rows are replaced, and put back as it was, inside the caller's transaction: decisions 0015 and 0045. */
export class SetAside {
  private constructor(
    private readonly foreignKeys: ForeignKeysAside,
    private readonly checks: ChecksAside,
    private readonly triggers: TriggersAside,
  ) {}

  /**
   * @param tables the oids of those whose rows are replaced
   * @param isReplica whether foreign keys keep still
   */
  static async of(
    connection: PostgresConnection,
    tables: readonly string[],
    captured: CapturedConstraints,
    isReplica: boolean,
  ): Promise<SetAside> {
    return new SetAside(
      await ForeignKeysAside.of(connection, tables, captured, isReplica),
      await ChecksAside.of(connection, tables, captured),
      await TriggersAside.of(connection, tables),
    );
  }

  /** To be called once the tables are empty. */
  whileEmpty(): Promise<void> {
    return this.foreignKeys.putBackOverEmptyTables();
  }

  /**
   * @returns a sentence for each constraint that the rows break, as they did when they were captured
   * @throws the server's error where they break another one
   */
  async putBack(): Promise<string[]> {
    await this.triggers.putBack();
    await this.checks.putBack();
    await this.foreignKeys.putBack();
    return [...this.checks.warnings, ...this.foreignKeys.warnings];
  }
}
