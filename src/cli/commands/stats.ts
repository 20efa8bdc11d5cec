import type { CliCommand } from '../command.js';
import { facts } from '../output/table.js';
import { ageInWords, countInWords, sizeInWords, timeInWords } from '../output/units.js';

export const stats: CliCommand = {
  name: 'stats',
  summary: 'Shows the number of snapshots, the space they use, and the free space.',
  examples: ['stats', 'stats --json'],
  async run({ open, answer }) {
    const backups = await open('read');
    const found = await backups.stats.stats();
    const { regular, archived, latest_backup, oldest_backup, by_trigger, by_status, disk } = found;
    const when = (iso: string | null) => iso && `${timeInWords(iso)}, ${ageInWords(iso, new Date())}`;
    answer(found, () =>
      facts([
        ['Snapshots', `${countInWords(found.total_backups)}, ${sizeInWords(found.total_size_bytes)}`],
        ['Regular', `${countInWords(regular.count)}, ${sizeInWords(regular.size_bytes)}`],
        ['Archived', `${countInWords(archived.count)}, ${sizeInWords(archived.size_bytes)}`],
        ['Newest', when(latest_backup)],
        ['Oldest', when(oldest_backup)],
        ['By trigger', counts(by_trigger)],
        ['Captures', counts(by_status)],
        ['Kept', `${found.retention_days} days`],
        ['Disk', `${sizeInWords(disk.free_bytes)} free of ${sizeInWords(disk.total_bytes)}`],
      ]),
    );
  },
};

const counts = (numbers: Partial<Record<string, number>>): string =>
  Object.entries(numbers)
    .map(([name, count]) => `${name} ${countInWords(count ?? 0)}`)
    .join(', ');
