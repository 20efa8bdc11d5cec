import { Argument } from 'commander';
import type { BackupConfig, ConfigConsequences, ErrorDetails } from '../../backup/internals.js';
import type { Backups } from '../backups.js';
import type { CliCommand, CommandContext } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { CommandError, usage } from '../failure.js';
import { wholeNumber } from '../option-values.js';
import { countOf } from '../output/units.js';

export const config: CliCommand = {
  name: 'config',
  summary: 'Shows or changes the settings; a running server applies changes.',
  examples: [
    'config get',
    'config get retention_days',
    'config set retention_days=60 min_keep=10',
    "config set 'plans=null'",
    'config set retention_days=20 --confirm-deletions 133',
  ],
  configure: (command) =>
    command
      .addArgument(new Argument('<action>', 'what to do').choices(['get', 'set']))
      .argument('[fields...]', 'get: a field; set: field=value, where a value is a number or JSON')
      .option(
        '--confirm-deletions <count>',
        'confirm that the next clean-up deletes this many snapshots because of the changes (on a terminal you are asked)',
        wholeNumber(0),
      ),
  async run(context, [action, ...fields], options) {
    const { open, answer } = context;
    const changes = action === 'set' ? changesOf(fields) : undefined;
    if (action === 'get' && fields.length > 1) throw usage('Give one field, or none to show all.');
    const backups = await open('any');
    const confirmed = options['confirmDeletions'] as number | undefined;
    const settings = changes ? await changed(context, backups, changes, confirmed) : backups.config.get();
    const [field] = action === 'get' ? fields : [];
    if (field === undefined) return answer(settings, () => inWords(settings));
    const value = valueOf(settings, field);
    answer(value, () => JSON.stringify(value));
  },
};

/** Asks on a terminal where the change costs snapshots, and nobody has said how many may go. */
async function changed(
  { terminal, global }: CommandContext,
  { config: store }: Backups,
  changes: Record<string, unknown>,
  confirmed: number | undefined,
): Promise<BackupConfig> {
  const cleanup = await store.consequences(changes);
  if (cleanup.deleted === 0 || cleanup.deleted === confirmed) return store.update(changes, cleanup.deleted);
  if (!terminal.canAsk || global.json || confirmed !== undefined)
    throw notConfirmed(`${inWordsOf(cleanup)} Nothing was changed.`, { cleanup, advice: ['confirm_deletions'] });
  terminal.say(inWordsOf(cleanup));
  const typed = await terminal.ask('Type the number of snapshots to delete to continue: ');
  if (Number(typed.trim()) !== cleanup.deleted)
    throw notConfirmed('The numbers do not match. Nothing was changed.', { cleanup });
  return store.update(changes, cleanup.deleted);
}

const notConfirmed = (message: string, details: ErrorDetails): CommandError =>
  new CommandError('DELETIONS_NOT_CONFIRMED', EXIT.refused, message, details);

const inWordsOf = ({ deleted, oldest_deleted, archived }: ConfigConsequences): string =>
  [
    `Because of these settings the next clean-up will delete ${countOf(deleted, 'snapshot')}, the oldest of ${oldest_deleted?.slice(0, 10)}`,
    ...(archived > 0 ? [`archive ${archived}`] : []),
  ].join('; ') + '.';

function changesOf(fields: readonly string[]): Record<string, unknown> {
  if (fields.length === 0) throw usage('Give a setting to change, such as retention_days=60.');
  return Object.fromEntries(
    fields.map((text) => {
      const [, field, value] = /^([a-z_]+)=(.*)$/s.exec(text) ?? [];
      if (field === undefined) throw usage(`${JSON.stringify(text)} is not field=value, such as retention_days=60.`);
      return [field, parsed(value!)];
    }),
  );
}

/** What is no JSON is text, and refused at its field where no text can stand. */
function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function valueOf(settings: BackupConfig, field: string): unknown {
  const known = { plans: null, ...settings };
  if (Object.hasOwn(known, field)) return known[field as keyof typeof known];
  throw usage(`There is no setting "${field}"; known: ${Object.keys(known).sort().join(', ')}.`);
}

const inWords = (settings: BackupConfig): string =>
  Object.entries(settings)
    .map(([field, value]) => `${field} = ${JSON.stringify(value)}`)
    .join('\n');
