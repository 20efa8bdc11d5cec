import { Argument } from 'commander';
import type { BackupConfig } from '../../backup/headless.js';
import type { CliCommand } from '../command.js';
import { usage } from '../failure.js';

export const config: CliCommand = {
  name: 'config',
  summary: 'Shows or changes the settings; a running server takes over what is changed.',
  examples: [
    'config get',
    'config get retention_days',
    'config set retention_days=60 min_keep=10',
    "config set 'plans=null'",
  ],
  configure: (command) =>
    command
      .addArgument(new Argument('<action>', 'what to do').choices(['get', 'set']))
      .argument('[fields...]', 'get: a field; set: field=value, where a value is a number or JSON'),
  async run({ open, answer }, [action, ...fields]) {
    const changes = action === 'set' ? changesOf(fields) : undefined;
    if (action === 'get' && fields.length > 1) throw usage('Name one field, or none for all.');
    const backups = await open('any');
    const settings = changes ? await backups.config.update(changes) : backups.config.get();
    const [field] = action === 'get' ? fields : [];
    if (field === undefined) return answer(settings, () => inWords(settings));
    const value = valueOf(settings, field);
    answer(value, () => JSON.stringify(value));
  },
};

function changesOf(fields: readonly string[]): Record<string, unknown> {
  if (fields.length === 0) throw usage('Say what to change, such as retention_days=60.');
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
