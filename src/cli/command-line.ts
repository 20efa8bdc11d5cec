import { Command, CommanderError } from 'commander';
import type { BackupModuleOptions } from '../backup/internals.js';
import { appVersion } from '../config/backup/app-version.js';
import type { Backups } from './backups.js';
import type { CliCommand, CommandContext } from './command.js';
import { COMMANDS } from './commands/index.js';
import { EXIT, EXIT_CODES_IN_WORDS } from './exit-codes.js';
import { detailLines, failureOf, usage } from './failure.js';
import { plainLines } from './output/plain-text.js';
import type { GlobalOptions } from './settings.js';
import type { Terminal } from './terminal.js';

/**
 * Runs one call of the command line.
 * @param application what an application tells `BackupModule`, instead of the environment
 * @returns its exit code; never throws
 */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
  application?: BackupModuleOptions,
): Promise<number> {
  let exitCode: number = EXIT.done;
  const json = args.includes('--json');
  const program = programOf(terminal, async (command, values, options) => {
    exitCode = await runCommand(command, values, options, { program, terminal, application });
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    return report(error instanceof CommanderError ? asUsage(error) : error, { json }, terminal);
  }
}

type Run = (command: CliCommand, values: string[], options: Record<string, unknown>) => Promise<void>;

function programOf(terminal: Terminal, run: Run): Command {
  const program = new Command('nestjs-backup')
    .description('Back up a NestJS application, inspect its snapshots, and restore them.')
    .version(appVersion())
    .option('--dir <folder>', 'the backup folder (BACKUP_DIR, default ./backups)')
    .option(
      '--database <address>',
      'the database URL, without a password (DATABASE_URL, default sqlite:./data/app.sqlite)',
    )
    .option('--config-file <file>', 'the settings (BACKUP_CONFIG_FILE, default ./backup_config.json)')
    .option('--read-only', 'do not write to the backup folder, not even a catalog')
    .option('--json', 'print one JSON document to standard output; errors as JSON to standard error')
    .option('-q, --quiet', 'show no progress')
    .option('--no-color', 'use no colours (same as NO_COLOR)')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => terminal.print(text.replace(/\n$/, '')),
      writeErr: () => undefined, // a mistake in the call is reported like any other
      getOutHelpWidth: () => terminal.width('stdout') ?? 100,
      getErrHelpWidth: () => terminal.width('stderr') ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      `\nReads the same environment variables and .env file as the server.\n\n${EXIT_CODES_IN_WORDS}`,
    );
  for (const command of COMMANDS) declare(program, command, run);
  return program;
}

function declare(program: Command, command: CliCommand, run: Run): void {
  const declared = program.command(command.name).description(command.summary);
  if (command.alias !== undefined) declared.alias(command.alias);
  command.configure?.(declared);
  const examples = command.examples.map((example) => `  nestjs-backup ${example}`).join('\n');
  declared.addHelpText('after', `\nExamples:\n${examples}`);
  declared.action(async () => {
    const values = declared.processedArgs.flat().filter((value): value is string => value !== undefined);
    await run(command, values, declared.optsWithGlobals());
  });
}

interface Surroundings {
  program: Command;
  terminal: Terminal;
  application: BackupModuleOptions | undefined;
}

async function runCommand(
  command: CliCommand,
  values: string[],
  options: Record<string, unknown>,
  { program, terminal, application }: Surroundings,
): Promise<number> {
  const global = options as GlobalOptions;
  terminal.colours = global.color !== false;
  const opened: Backups[] = [];
  const context: CommandContext = {
    terminal,
    global,
    program,
    open: async (use, furtherFileRoots) => {
      const { openBackups } = await import('./open-backups.js'); // most of the time that a start takes
      const backups = await openBackups(global, use, terminal, { application, furtherFileRoots });
      opened.push(backups);
      return backups;
    },
    answer: (result, inWords) => terminal.print(global.json ? JSON.stringify(result, null, 2) : inWords()),
  };
  try {
    return (await command.run(context, values, options)) ?? EXIT.done;
  } catch (error) {
    return report(error, global, terminal);
  } finally {
    for (const backups of opened) await backups.close();
  }
}

const asUsage = ({ code, message }: CommanderError): Error =>
  code === 'commander.help'
    ? usage('Missing command. Run "nestjs-backup --help" for a list.')
    : usage(
        `${message
          .replace(/^error: /, '')
          .replaceAll(/\s*\n\s*/g, ' ')
          .replace(/\.?$/, '.')} Try --help.`,
      );

function report(thrown: unknown, { json }: GlobalOptions, terminal: Terminal): number {
  const { exitCode, error_code, message, details } = failureOf(thrown);
  if (json) terminal.say(JSON.stringify({ error_code, message, ...details }));
  else terminal.say([`${plainLines(message)}`, ...detailLines(details)].join('\n'));
  return exitCode;
}
