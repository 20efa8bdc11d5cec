import type { DatabaseSource, Sources } from '../../backup/internals.js';
import type { CliCommand } from '../command.js';
import { plainText } from '../output/plain-text.js';
import { countOf } from '../output/units.js';

export const sources: CliCommand = {
  name: 'sources',
  summary: 'Lists what plans can capture: databases with their tables, and allowed folders.',
  examples: ['sources', 'sources --json'],
  async run({ open, answer }) {
    const backups = await open('scratch');
    const found = await backups.sources.sources();
    answer(found, () => inWords(found));
  },
};

function inWords({ databases, file_roots }: Sources): string {
  const folders = file_roots.flatMap(({ path, problem, folders }) => [
    `  ${plainText(path)}${problem === null ? '' : `: ${plainText(problem)}`}`,
    ...folders.map((folder) => `  ${plainText(folder)}`),
  ]);
  return [
    ...databases.map(databaseInWords),
    folders.length === 0 ? 'No folders are allowed (BACKUP_FILE_ROOTS).' : ['Folders', ...folders].join('\n'),
  ].join('\n\n');
}

function databaseInWords({ name, type, database_name, tables, error, engines }: DatabaseSource): string {
  const contents =
    tables === null
      ? [`  ${plainText(error?.message ?? '')}`]
      : [`  ${countOf(tables.length, 'table')}`, ...tables.map((table) => `    ${plainText(table)}`)];
  const problems = engines
    .filter(({ problem }) => problem !== null && problem !== error?.message)
    .map((engine) => `  Engine ${engine.name}: ${plainText(engine.problem!)}`);
  return [`Database ${name} (${type}, ${plainText(database_name)})`, ...contents, ...problems].join('\n');
}
