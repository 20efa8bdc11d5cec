import { BackupError } from '../../model/errors.js';
import { identity, type Codec } from './codec.js';
import { gzip } from './gzip.codec.js';

/** By the names in manifests; for writing, a level may follow: `gzip-9`. */
export const CODECS = new Map<string, Codec>([
  [identity.name, identity],
  ['gzip', gzip(6)],
  ...Array.from({ length: 9 }, (_, n): [string, Codec] => [`gzip-${n + 1}`, gzip(n + 1)]),
]);

/** @param level 0 stores documents as they are, 1 to 9 as gzip does */
export const codecOfLevel = (level: number): string | undefined => (level === 0 ? undefined : `gzip-${level}`);

/** @param name absent where a document is stored as it is @throws BackupError `UNSUPPORTED` */
export function codecNamed(name: string = identity.name): Codec {
  const codec = CODECS.get(name);
  if (codec) return codec;
  throw new BackupError(
    'UNSUPPORTED',
    `This version cannot read documents of the codec ${JSON.stringify(name)}; it knows identity and gzip. Use the version that took the snapshot.`,
  );
}
