import { readdirSync } from 'node:fs';
import { BackupError } from '../../model/errors.js';
import { pathBytes, readable, type BytePath } from './byte-path.js';
import { lookAt } from './tree.moves.js';

/*
 * Some file systems take names for one and the same that are not: they ignore the case of letters, or how an accent is written (macOS, shares of Windows).
 * Which these are, each decides by rules of its own, so the file system itself is asked.
 */

/** The name in a folder under which something is found that was asked for by another one; undefined where nothing is found, or by its own name. */
export function otherNameOf(folder: BytePath, name: BytePath): BytePath | undefined {
  const found = lookAt(`${folder}/${name}`);
  if (!found) return undefined;
  const names = readdirSync(pathBytes(folder), { encoding: 'latin1' });
  if (names.includes(name)) return undefined;
  return (
    names.find((other) => folded(other) === folded(name)) ??
    names.find((other) => lookAt(`${folder}/${other}`)?.ino === found.ino)
  );
}

/** As most of them compare names. */
const folded = (name: BytePath): string => readable(name).normalize('NFC').toLowerCase();

/** @param paths two of the snapshot, or one and what is there */
export const oneName = (base: BytePath, paths: readonly [BytePath, BytePath], why: string): BackupError =>
  new BackupError(
    'UNSUPPORTED',
    `${paths.map(shown).join(' and ')} are the same name on the file system of ${shown(base)}, which ignores differences in case or in the encoding of accents: ${why}. ` +
      'Nothing was changed. Restore to a folder on a file system that distinguishes them.',
  );

const shown = (path: BytePath): string => JSON.stringify(readable(path).slice(-200));
