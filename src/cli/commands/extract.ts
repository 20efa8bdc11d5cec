import type { Readable } from 'node:stream';
import { usage } from '../failure.js';
import type { CliCommand } from '../command.js';
import { REFERENCE_IN_WORDS, snapshotNamed } from '../snapshot-reference.js';
import { streamTo } from '../stream-to.js';
import { watched } from '../watched.js';
import { writeNewFile } from '../new-file.js';

export const extract: CliCommand = {
  name: 'extract',
  summary: 'Writes a snapshot, or the rows of one table, to a file or standard output.',
  examples: [
    'extract newest -o snapshot.json',
    'extract newest --table users',
    'extract newest --table users | head -5',
  ],
  configure: (command) =>
    command
      .argument('<snapshot>', `${REFERENCE_IN_WORDS}; a differential is merged with its base`)
      .option('--table <name>', 'only the rows of this table, one JSON object per line')
      .option(
        '-o, --output <file>',
        'write to a new file, which appears only when it is complete (default: standard output)',
      ),
  async run(context, [reference], options) {
    const { table, output } = options as { table?: string; output?: string };
    const { terminal, open } = context;
    const backups = await open('read');
    const { id, filename, tables } = await snapshotNamed(reference!, backups.catalog);
    if (output === undefined && table === undefined && !filename.endsWith('.json') && terminal.isTerminal('stdout'))
      throw usage(`${filename} is not text, so it is not printed to a terminal. Add -o <file>.`);
    const rows = table !== undefined && Object.hasOwn(tables, table) ? tables[table]!.rows : 0;
    await watched(context, backups, 'Extract', async (signal) => {
      const stream: Readable =
        table === undefined
          ? (await backups.extracts.document(id)).stream
          : await backups.extracts.table(id, table, 0, Math.max(1, rows));
      if (output === undefined) return streamTo(terminal, stream, signal);
      const bytes = await writeNewFile(output, stream, signal);
      context.answer(
        { id, table: table ?? null, file: output, size_bytes: bytes },
        () => `Wrote ${output}, ${bytes} bytes.`,
      );
    });
  },
};
