import type { RestoreChoices } from './choices.js';

/** Which restore this tab began: it may end the session that began it, and whoever signs in again wants to know why. */
interface BegunRestore {
  jobId: string;
  snapshotId: string;
  /** Whoever tries once more, differently in one point, means the same in all others. */
  choices: RestoreChoices;
  /** Milliseconds since 1970; until then the end of a session is its doing. */
  until: number;
}

const KEY = 'backups.restore';
const LONGEST = 12 * 3_600_000;
/** The next request after the end of a restore is the one that is refused; this is generous. */
const AFTERWARDS = 2 * 60_000;

export function rememberRestore(jobId: string, snapshotId: string, choices: RestoreChoices): void {
  keep({ jobId, snapshotId, choices, until: Date.now() + LONGEST });
}

/** What was chosen for the restore of this snapshot that this tab began last. */
export function begunChoices(snapshotId: string): RestoreChoices | null {
  const begun = stored();
  return begun?.snapshotId === snapshotId ? begun.choices : null;
}

export function restoreEnded(jobId: string): void {
  const begun = stored();
  if (begun?.jobId === jobId && begun.until > Date.now() + AFTERWARDS)
    keep({ ...begun, until: Date.now() + AFTERWARDS });
}

export function forgetRestore(): void {
  sessionStorage.removeItem(KEY);
}

/** Whether a restore is why the session ended. */
export function restoreEndedSession(): boolean {
  return (stored()?.until ?? 0) > Date.now();
}

function keep(begun: BegunRestore): void {
  sessionStorage.setItem(KEY, JSON.stringify(begun));
}

function stored(): BegunRestore | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as BegunRestore | null;
  } catch {
    return null;
  }
}
