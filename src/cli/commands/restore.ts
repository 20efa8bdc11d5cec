import type { CliCommand, CommandContext } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { CommandError } from '../failure.js';
import { commaSeparated } from '../option-values.js';
import { plainText } from '../output/plain-text.js';
import { countOf, tookInWords } from '../output/units.js';
import { requester } from '../requester.js';
import { resultOfJob } from '../result-of-job.js';
import { REFERENCE_IN_WORDS } from '../snapshot-reference.js';
import type { GlobalOptions } from '../settings.js';
import { watched } from '../watched.js';
import { changesInWords } from '../output/changes.js';
import { planRestore, type PlannedRestore, type RestoreOptions } from './restore.plan.js';
import { stepsOf } from './restore.steps.js';

export const restore: CliCommand = {
  name: 'restore',
  summary: 'Restores a snapshot from the backup folder, or from another folder, archive or file.',
  examples: [
    'restore newest',
    'restore newest --tables users,orders --yes',
    'restore newest --to sqlite:./copy.sqlite --yes',
    'restore ./from-another-machine/backups newest --yes',
    'restore /media/usb/archived_backups_20260115.zip auto_backup_20260115_120000',
  ],
  configure: (command) =>
    command
      .argument(
        '<snapshot>',
        `${REFERENCE_IN_WORDS}; or the path of a folder, archive, document or manifest, which is opened read-only`,
      )
      .argument('[which]', 'the snapshot in that folder or archive (default: newest)')
      .option('--yes', 'do not ask for confirmation')
      .option('--tables <names>', 'restore only these tables, separated by commas', commaSeparated)
      .option(
        '--to <place>',
        'another database (sqlite:<file>, postgres://…, mysql://…), or, for files, another folder; it must be empty',
      )
      .option('--allow-schema-changes', 'restore what fits where the schema differs')
      .option(
        '--trust-schema',
        'run the schema statements of a snapshot taken elsewhere; read them first with show --ddl',
      )
      .option('--no-safety', 'take no safety snapshot: this cannot be undone')
      .option('--no-verify', 'do not verify the snapshot first; the restore still checks its result'),
  async run(context, args, options) {
    const asked = options as unknown as RestoreOptions;
    const planned = await planRestore(context, args, asked);
    if (!context.global.json && !context.global.quiet) context.terminal.say(stepsOf(planned, asked));
    if (!asked.yes && context.terminal.canAsk && !context.global.json) await showChanges(context, planned);
    await confirm(context, planned.snapshot.id, asked);
    const { backups, from, snapshot, choices } = planned;
    const job = await watched(context, backups, 'Restore', async (signal) => {
      const { id } = await backups.restores.request(snapshot.id, choices, requester(), from);
      if (signal.aborted) await backups.queue.cancel(id);
      return resultOfJob(await backups.queue.whenFinished(id));
    });
    context.answer(job, () => outcomeInWords(snapshot.id, job.result, context.global));
  },
};

/** What the restore would change, table by table, where that can be told: it is shown to whoever is asked. */
async function showChanges(
  context: CommandContext,
  { backups, from, snapshot, choices }: PlannedRestore,
): Promise<void> {
  const { terminal } = context;
  if (from !== backups || choices.database || choices.intoEmpty || choices.to || snapshot.source !== 'database') return;
  try {
    const preview = await watched(context, backups, 'Compare', (signal) =>
      backups.comparisons.preview(snapshot.id, choices.tables ?? null, signal),
    );
    terminal.say(`Changes:\n${changesInWords(preview, terminal.width('stderr'))}`);
    for (const { table, column, difference } of preview.schema_differences)
      terminal.say(`  ${plainText([table, column].filter(Boolean).join('.'))}: ${plainText(difference)}`);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    terminal.say(`The changes cannot be shown: ${plainText((error as Error).message)}`);
  }
}

async function confirm({ terminal, global }: CommandContext, id: string, { yes }: RestoreOptions): Promise<void> {
  if (yes) return;
  if (!terminal.canAsk || global.json)
    throw new CommandError(
      'CONFIRMATION_REQUIRED',
      EXIT.refused,
      'A restore replaces data and needs confirmation, but there is no terminal. Add --yes to confirm.',
    );
  const typed = await terminal.ask(`Type the id of the snapshot to continue: `);
  if (typed.trim() === id) return;
  throw new CommandError('CONFIRMATION_REQUIRED', EXIT.refused, `That is not "${id}". Nothing was changed.`);
}

interface Result {
  tables?: Record<string, { rows: number }>;
  files?: { files: number };
  safety_snapshot_id?: string | null;
  duration_ms?: number;
  warnings?: string[];
}

function outcomeInWords(id: string, result: Result, global: GlobalOptions): string {
  const tables = Object.values(result.tables ?? {});
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const what = [
    (tables.length > 0 || !result.files) && `${countOf(tables.length, 'table')}, ${countOf(rows, 'row')}`,
    result.files && countOf(result.files.files, 'file'),
  ].filter(Boolean);
  const undo = result.safety_snapshot_id;
  return [
    `Restored ${id}: ${what.join(', ')}, in ${tookInWords(result.duration_ms ?? 0)}.`,
    ...(result.warnings ?? []).map((warning) => `Note: ${plainText(warning)}`),
    ...(undo ? [`To undo it: nestjs-backup restore ${undo}${sameFolder(global)}`] : []),
  ].join('\n');
}

/** What finds the safety snapshot, and the database it is of, again. */
const sameFolder = ({ dir, database }: GlobalOptions): string =>
  [dir === undefined ? '' : ` --dir ${dir}`, database === undefined ? '' : ` --database ${database}`].join('');
