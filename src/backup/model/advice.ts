/**
 * What a person can do about an error, by name, in the order of `ADVICE`'s tables. The library knows what would help; how it is asked for is known to each face
 * alone: the HTTP API has fields, the command line has options, and each words every key in an exhaustive table.
 */
export const ADVICE = [
  'allow_schema_changes',
  'replace_schema',
  'trust_schema',
  'skip_safety_snapshot',
  'confirm_restore',
  'confirm_deletions',
  'confirm_clock',
  'list_snapshots',
  'list_archives',
  'list_jobs',
  'set_backup_dir',
] as const;
export type Advice = (typeof ADVICE)[number];

/** The details of an error: plain JSON. `advice` names what can be done; the other fields are its data. */
export interface ErrorDetails {
  readonly advice?: readonly Advice[];
  readonly [detail: string]: unknown;
}

/** How a face words each advice. */
export type AdviceWords = Readonly<Record<Advice, (details: ErrorDetails) => string>>;

/** What happened, and what to do in the words of a face. A recorded error may be of another version: what is unknown there is left out. */
export function withAdvice(message: string, details: Readonly<Record<string, unknown>>, words: AdviceWords): string {
  return [message, ...adviceOf(details).map((key) => words[key](details))].join(' ');
}

/** The advice of an error's details, as far as it is known. */
export function adviceOf({ advice }: Readonly<Record<string, unknown>>): readonly Advice[] {
  return Array.isArray(advice) ? ADVICE.filter((key) => advice.includes(key)) : [];
}
