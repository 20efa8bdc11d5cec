import { types } from 'node:util';
import { type ErrorDetails, withAdvice } from '../backup/internals.js';
import { CLI_WORDS } from './advice.js';
import { EXIT, EXIT_OF } from './exit-codes.js';
import { plainText } from './output/plain-text.js';

/** What a command refuses by itself, before any operation is asked. */
export class CommandError extends Error {
  constructor(
    readonly code: string,
    readonly exitCode: number,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
    this.name = 'CommandError';
  }
}

/** The command was called in a way that cannot work. */
export const usage = (message: string): CommandError => new CommandError('USAGE', EXIT.usage, message);

/** Ended by Ctrl-C or by a service manager. */
export class Interrupted extends CommandError {
  /** @param signalNumber 2 for SIGINT, 15 for SIGTERM */
  constructor(signalNumber: number, message = 'Cancelled.') {
    super('CANCELLED', 128 + signalNumber, message);
  }
}

export interface Failure {
  exitCode: number;
  error_code: string;
  message: string;
  details: Readonly<Record<string, unknown>>;
}

/** Whatever was thrown, as the person and the program that called are told. */
export function failureOf(thrown: unknown): Failure {
  const { code, message, details, exitCode } = thrown as Partial<CommandError>;
  if (typeof code !== 'string') return { ...unexpected(thrown), details: {} };
  const known = Object.hasOwn(EXIT_OF, code) ? EXIT_OF[code as keyof typeof EXIT_OF] : undefined;
  if (code === 'CANNOT_START')
    return { exitCode: EXIT.usage, error_code: 'CONFIG_INVALID', message: message!, details: {} };
  return {
    exitCode: exitCode ?? known ?? EXIT.failed,
    error_code: code,
    message: withAdvice(message ?? '', details ?? {}, CLI_WORDS),
    details: details ?? {},
  };
}

function unexpected(thrown: unknown): Omit<Failure, 'details'> {
  const message = types.isNativeError(thrown) ? (thrown.stack ?? thrown.message) : String(thrown);
  return { exitCode: EXIT.failed, error_code: 'INTERNAL_ERROR', message };
}

/** The details that a person needs beside the message, one line each. */
export function detailLines({ differences, missing, statements }: Failure['details']): string[] {
  if (Array.isArray(statements)) return statementLines(statements.map(String));
  if (Array.isArray(missing)) return (missing as unknown[]).map((each) => `  ${plainText(String(each))}`);
  if (!Array.isArray(differences)) return [];
  return (differences as { table?: unknown; column?: unknown; difference?: unknown }[]).map(
    ({ table, column, difference }) =>
      `  ${plainText([table, column].filter(Boolean).map(String).join('.'))}: ${plainText(String(difference))}`,
  );
}

const MOST_STATEMENTS = 20;

/** Their first lines; all of them are what `show --ddl` prints. */
function statementLines(statements: readonly string[]): string[] {
  const more = statements.length - MOST_STATEMENTS;
  return [
    ...statements
      .slice(0, MOST_STATEMENTS)
      .map((sql) => `  ${plainText(sql.replace(/^-- \{.*\}\n/, '').slice(0, 150))}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
