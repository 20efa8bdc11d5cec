import { Option } from 'commander';
import type { Job, JobStatus, JobType } from '../../backup/internals.js';
import { presented } from '../advice.js';
import type { CliCommand } from '../command.js';
import { wholeNumber } from '../option-values.js';
import { table } from '../output/table.js';
import { ageInWords, tookInWords } from '../output/units.js';

export const jobs: CliCommand = {
  name: 'jobs',
  summary: 'Lists jobs with who requested them and their result, newest first.',
  examples: ['jobs', 'jobs --type restore --json', 'jobs --status failed --limit 5'],
  configure: (command) =>
    command
      .addOption(
        new Option('--type <type>', 'only jobs of this type').choices(['capture', 'restore', 'verify', 'cleanup']),
      )
      .addOption(
        new Option('--status <status>', 'only jobs in this state').choices([
          'pending',
          'running',
          'completed',
          'failed',
          'cancelled',
        ]),
      )
      .option('--limit <count>', 'show at most this many', wholeNumber(1), 20),
  async run({ terminal, open, answer }, _args, options) {
    const { type, status, limit } = options as { type?: JobType; status?: JobStatus; limit: number };
    const { catalog } = await open('read');
    const found = await catalog.jobs({ type, status, page: 1, page_size: limit });
    const page = { ...found, items: found.items.map(presented) };
    const now = new Date();
    answer(page, () => (page.total === 0 ? 'No jobs found.' : jobTable(page.items, now, terminal.width('stdout'))));
  },
};

const jobTable = (items: readonly Job[], now: Date, width: number | undefined): string =>
  table(
    [
      { title: 'REQUESTED', value: ({ created_at }) => ageInWords(created_at, now) },
      { title: 'TYPE', value: ({ type }) => type },
      { title: 'STATUS', value: ({ status }) => status },
      { title: 'TOOK', value: took, align: 'right' },
      { title: 'BY', value: ({ requested_by, trigger }) => requested_by ?? trigger?.type ?? '', flexible: true },
      { title: 'SNAPSHOT', value: ({ snapshot_id }) => snapshot_id ?? '' },
      { title: 'ERROR', value: ({ error }) => (error ? `${error.error_code}: ${error.message}` : ''), flexible: true },
    ],
    items,
    width,
  );

function took({ started_at, finished_at }: Job): string {
  if (started_at === null || finished_at === null) return '';
  return tookInWords(Date.parse(finished_at) - Date.parse(started_at));
}
