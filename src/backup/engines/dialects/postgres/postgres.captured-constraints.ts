import { statementOf } from './postgres.statement-head.js';

/** As its definition ends where rows that were there were never checked. */
export const NOT_VALID = ' NOT VALID';

/** A constraint as the database has it now. */
export interface LiveConstraint {
  /** What adds it, as a manifest says it too. */
  sql: string;
  /** The oids of all tables whose rows it speaks of. */
  tables: readonly string[];
}

/**
 * The constraints that a snapshot's rows lived under. Rows may break such a one, since they were there before it, or were written past it; one that the
 * snapshot does not know they may not.
 */
export class CapturedConstraints {
  private readonly valid = new Set<string>();
  private readonly notValid = new Set<string>();

  /**
   * @param ddl the manifest's statements
   * @param asCaptured the oids of the tables whose rows come back all, and exactly
   */
  constructor(
    ddl: readonly string[],
    private readonly asCaptured: ReadonlySet<string>,
  ) {
    for (const text of ddl) {
      const { sql } = statementOf(text);
      if (sql.endsWith(NOT_VALID)) this.notValid.add(withoutState(sql));
      else this.valid.add(sql);
    }
  }

  /** Whether rows that break it were captured so. */
  mayBeBroken({ sql, tables }: LiveConstraint): boolean {
    return (this.isKnownAs('valid', sql) || this.isKnownAs('notValid', sql)) && this.hold(tables);
  }

  /** Whether it need not be checked: it is in the state that it had over the very rows that come back. */
  wasAsItIs({ sql, tables }: LiveConstraint): boolean {
    return this.isKnownAs(sql.endsWith(NOT_VALID) ? 'notValid' : 'valid', sql) && this.hold(tables);
  }

  /** Whether the snapshot says that nobody ever checked it. */
  wasNotValid({ sql }: Pick<LiveConstraint, 'sql'>): boolean {
    return this.isKnownAs('notValid', sql);
  }

  private isKnownAs(state: 'valid' | 'notValid', sql: string): boolean {
    return this[state].has(withoutState(sql));
  }

  private hold(tables: readonly string[]): boolean {
    return tables.every((table) => this.asCaptured.has(table));
  }
}

export const withoutState = (sql: string): string => (sql.endsWith(NOT_VALID) ? sql.slice(0, -NOT_VALID.length) : sql);
