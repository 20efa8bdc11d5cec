import type { CliCommand } from '../command.js';
import { table } from '../output/table.js';
import { ageInWords, timeInWords } from '../output/units.js';

export const schedule: CliCommand = {
  name: 'schedule',
  summary: 'Shows the next and last run of each plan. An overdue run means that no server is running.',
  examples: ['schedule'],
  async run({ terminal, open, answer }) {
    const { scheduler } = await open('read');
    const entries = await scheduler.schedule('outside');
    const now = new Date();
    answer(entries, () =>
      table(
        [
          { title: 'PLAN', value: ({ plan }) => plan },
          { title: 'SOURCE', value: ({ source }) => source },
          { title: 'EVERY', value: ({ every }) => every },
          { title: 'NEXT', value: ({ enabled, next_run }) => nextInWords(enabled ? next_run : null, now) },
          { title: 'LAST', value: ({ last_run }) => (last_run === null ? 'never' : ageInWords(last_run, now)) },
          { title: 'RESULT', value: ({ last_status }) => last_status ?? '' },
        ],
        entries,
        terminal.width('stdout'),
      ),
    );
  },
};

function nextInWords(next: string | null, now: Date): string {
  if (next === null) return 'off';
  return Date.parse(next) <= now.getTime()
    ? `due ${ageInWords(next, now)}`
    : `${ageInWords(next, now)}, ${timeInWords(next)}`;
}
