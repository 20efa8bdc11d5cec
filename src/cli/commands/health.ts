import type { PlanHealth } from '../../backup/internals.js';
import type { CliCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { plainText } from '../output/plain-text.js';
import { table } from '../output/table.js';
import { ageInWords, countInWords, sizeInWords } from '../output/units.js';

const COLOURS = { healthy: 'green', caution: 'yellow', warning: 'yellow', critical: 'red' } as const;

export const health: CliCommand = {
  name: 'health',
  summary: 'Shows whether backups are healthy, and if not, why. Exits with 0 if they are, otherwise with 4.',
  examples: ['health', 'health --json'],
  async run({ terminal, open, answer }) {
    const backups = await open('read');
    const found = await backups.health.health('outside');
    answer(found, () =>
      [
        terminal.paint(COLOURS[found.status], found.status.toUpperCase()),
        ...found.reasons.map((reason) => `  ${plainText(reason)}`),
        '',
        plansTable(found.plans, terminal.width('stdout')),
      ].join('\n'),
    );
    return found.status === 'healthy' ? EXIT.done : EXIT.unsound;
  },
};

const plansTable = (plans: readonly PlanHealth[], width: number | undefined): string =>
  table(
    [
      { title: 'PLAN', value: ({ plan }) => plan },
      { title: 'HEALTH', value: ({ enabled, status }) => (enabled ? status : 'off') },
      { title: 'NEWEST', value: ({ newest }) => (newest ? ageInWords(newest.created_at, new Date()) : 'none') },
      { title: 'SNAPSHOTS', value: ({ snapshots }) => countInWords(snapshots.count), align: 'right' },
      { title: 'SIZE', value: ({ snapshots }) => sizeInWords(snapshots.size_bytes), align: 'right' },
      { title: 'NEWEST SNAPSHOT', value: ({ newest }) => newest?.id ?? '', flexible: true },
    ],
    plans,
    width,
  );
