import type { Manifest, Snapshot } from '../../backup/internals.js';
import type { CliCommand } from '../command.js';
import { usage } from '../failure.js';
import { plainLines } from '../output/plain-text.js';
import { soundness } from '../output/snapshots.js';
import { facts, table } from '../output/table.js';
import { ageInWords, countInWords, sizeInWords, timeInWords, tookInWords } from '../output/units.js';
import { REFERENCE_IN_WORDS, snapshotNamed } from '../snapshot-reference.js';

export const show: CliCommand = {
  name: 'show',
  summary: 'Shows the contents of a snapshot, its place, and the snapshots it needs.',
  examples: ['show newest', 'show newest:auto --json', 'show newest --ddl'],
  configure: (command) =>
    command
      .argument('<snapshot>', REFERENCE_IN_WORDS)
      .option('--ddl', 'print the statements that create its schema, as a restore into an empty database runs them'),
  async run({ terminal, open, answer }, [reference], { ddl }) {
    const { catalog, snapshots } = await open('read');
    const snapshot = await snapshotNamed(reference!, catalog);
    const { manifest } = await snapshots.locate(snapshot);
    const neededBy = await catalog.dependents(snapshot.id);
    answer({ ...snapshot, needed_by: neededBy, manifest }, () => {
      if (ddl === true) return statementsOf(manifest);
      const about = factsOf(snapshot, manifest, neededBy);
      const tables = tablesOf(snapshot, terminal.width('stdout'));
      return tables === null ? about : `${about}\n\n${tables}`;
    });
  },
};

function factsOf(snapshot: Snapshot, manifest: Manifest, neededBy: readonly string[]): string {
  const { created_at, trigger, verified_at } = snapshot;
  const subjects = trigger.subjects?.map(({ role, user_id }) => `${role} ${user_id}`).join(', ');
  return facts([
    ['Id', snapshot.id],
    ['Description', snapshot.description],
    [
      'Taken',
      `${timeInWords(created_at)}, ${ageInWords(created_at, new Date())}, in ${tookInWords(snapshot.duration_ms)}`,
    ],
    ['Warning', snapshot.warnings.map(({ message }) => message).join('\n') || null],
    ['Trigger', [trigger.type, trigger.event, subjects].filter(Boolean).join(', ')],
    ['Plan', snapshot.plan],
    ['Source', sourceOf(manifest)],
    ['Kind', snapshot.base === null ? snapshot.kind : `${snapshot.kind}, needs ${snapshot.base}`],
    ['Part of', snapshot.part_of],
    ['Needed by', neededBy.length > 3 ? `${neededBy.length} others` : neededBy.join(', ')],
    ['File', snapshot.archive === null ? snapshot.filename : `${snapshot.filename} in archived/${snapshot.archive}`],
    ['Size', sizeInWords(snapshot.size_bytes)],
    ['SHA-256', snapshot.checksum],
    ['Pinned', snapshot.pinned ? 'yes' : null],
    [
      'Verified',
      verified_at === null ? 'when it was written' : `${soundness(snapshot)}, ${ageInWords(verified_at, new Date())}`,
    ],
    ['App version', manifest.app_version],
  ]);
}

/** For reading, and for a person to judge. */
function statementsOf(manifest: Manifest): string {
  if (manifest.source !== 'database')
    throw usage(
      `${manifest.id} is a snapshot of ${manifest.source} and has no schema. For its database part, run: show <part> --ddl.`,
    );
  return manifest.schema.ddl
    .map((sql) => `${plainLines(sql.replace(/^-- \{.*\}\n/, '').replace(/;?\s*$/, ''))};`)
    .join('\n\n');
}

function sourceOf(manifest: Manifest): string {
  switch (manifest.source) {
    case 'database': {
      const { type, name, server_version } = manifest.database;
      const extent = manifest.partial ? ', some of its tables' : '';
      return `database ${name} (${type} ${server_version})${extent}, engine ${manifest.engine}`;
    }
    case 'files': {
      const { count, size_bytes } = manifest.files;
      return `${countInWords(count)} files, ${sizeInWords(size_bytes)}, of ${manifest.paths.join(', ')}`;
    }
    case 'full':
      return `${manifest.parts.join(' and ')}, restored in this order`;
  }
}

function tablesOf({ tables }: Snapshot, width: number | undefined): string | null {
  const rows = Object.entries(tables);
  if (rows.length === 0) return null;
  return table(
    [
      { title: 'TABLE', value: ([name]) => name },
      { title: 'ROWS', value: ([, { rows: count }]) => countInWords(count), align: 'right' },
      { title: 'SHA-256 OF ITS ROWS', value: ([, { sha256 }]) => sha256, flexible: true },
    ],
    rows,
    width,
  );
}
