import { Option } from 'commander';
import type { Snapshot } from '../../backup/internals.js';
import type { CliCommand } from '../command.js';
import { usage } from '../failure.js';
import { collected } from '../option-values.js';
import { plainText } from '../output/plain-text.js';
import { sizeInWords, tookInWords } from '../output/units.js';
import { requester } from '../requester.js';
import { resultOfJob } from '../result-of-job.js';
import { watched } from '../watched.js';

const LONGEST_DESCRIPTION = 500;

interface CreateOptions {
  plan?: string[];
  all?: boolean;
  kind?: 'full';
  description?: string;
}

export const create: CliCommand = {
  name: 'create',
  summary: 'Takes a snapshot now, for the main plan, the given plans, or all plans.',
  examples: ['create', 'create --description "Before the migration" --kind full', 'create --all'],
  configure: (command) =>
    command
      .option('--plan <name>', 'the plan to run; may be repeated (default: auto, or the first plan)', collected)
      .option('--all', 'run every plan, one after the other')
      .addOption(new Option('--kind <kind>', 'full: take a snapshot that stands alone').choices(['full']))
      .option('--description <text>', 'description of the snapshot'),
  async run(context, _args, options) {
    const { plan, all, kind, description } = options as CreateOptions;
    if (plan && all) throw usage('Use either --plan or --all, not both.');
    if ((description?.length ?? 0) > LONGEST_DESCRIPTION)
      throw usage(`--description must not be longer than ${LONGEST_DESCRIPTION} characters.`);
    const backups = await context.open('make');
    const names = all ? backups.plans.all().map(({ name }) => name) : (plan ?? [backups.plans.main().name]);
    for (const name of names) backups.plans.get(name); // an unknown one is refused before any has run
    const taken: Snapshot[] = [];
    for (const name of names) {
      const job = await watched(context, backups, `Backup ${name}`, async () => {
        const { id } = await backups.captures.request({
          trigger: { type: 'cli' },
          plan: name,
          ...(kind && { kind }),
          description: description ?? null,
          requestedBy: requester(),
        });
        return resultOfJob(await backups.queue.whenFinished(id));
      });
      taken.push(await backups.catalog.get(job.snapshot_id!));
    }
    context.answer(plan || all ? taken : taken[0], () => taken.map(inWords).join('\n'));
  },
};

const inWords = ({ id, kind, size_bytes, duration_ms, warnings }: Snapshot): string =>
  [
    `${id}: ${kind}, ${sizeInWords(size_bytes)}, in ${tookInWords(duration_ms)}`,
    ...warnings.map(({ message }) => `  Warning: ${plainText(message)}`),
  ].join('\n');
