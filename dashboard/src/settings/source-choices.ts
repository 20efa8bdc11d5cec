import type { Plan, Sources } from '../api/types.js';

/** An entry of a list that opens at a field. */
export interface Choice {
  value: string;
  title: string;
  props: { subtitle?: string; disabled?: boolean };
}

type Database = Sources['databases'][number];

/** Where no plan names one. */
const DEFAULT_DATABASE = 'default';

export const databaseOf = (sources: Sources | null, name: string): Database | undefined =>
  sources?.databases.find((database) => database.name === (name || DEFAULT_DATABASE));

/** The databases of the application; also the one that a plan names and that is gone. */
export function databaseChoices(sources: Sources, chosen: string, gone: string): Choice[] {
  const known = sources.databases.map(({ name, type, database_name }) => ({
    value: name === DEFAULT_DATABASE ? '' : name,
    title: name,
    props: { subtitle: `${database_name} (${type})` },
  }));
  return databaseOf(sources, chosen) ? known : [{ value: chosen, title: chosen, props: { subtitle: gone } }, ...known];
}

/** What a plan names that the database does not have. */
export function missingOf(tables: readonly string[], chosen: readonly string[]): string[] {
  const there = new Set(tables);
  return chosen.filter((name) => !there.has(name));
}

/** The tables of a database; also those that a plan names and that are gone, first. */
export function tableChoices(tables: readonly string[], chosen: readonly string[], gone: string): Choice[] {
  return [
    ...missingOf(tables, chosen).map((name) => ({ value: name, title: name, props: { subtitle: gone } })),
    ...tables.map((name) => ({ value: name, title: name, props: {} })),
  ];
}

/** The folders that are allowed, and those in them, each once. */
export function folderChoices(sources: Sources | null): Choice[] {
  const roots = sources?.file_roots ?? [];
  const allowed = new Set(roots.map(({ path }) => path));
  return roots.flatMap(({ path, problem, folders }) => [
    { value: path, title: path, props: problem === null ? {} : { subtitle: problem, disabled: true } },
    ...folders.filter((folder) => !allowed.has(folder)).map((folder) => ({ value: folder, title: folder, props: {} })),
  ]);
}

/** Why an engine cannot capture the database here. */
export const problemOfEngine = (database: Database | undefined, engine: Plan['engine']): string | undefined =>
  database?.engines.find(({ name }) => name === engine)?.problem ?? undefined;
