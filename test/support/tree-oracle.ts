import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * What a tree is, found out without a line of the program: one line for everything in it, in a stable order.
 * @param options.folderTimes false where a restore that came to nothing may have been at work: its staging came and went
 */
export function describeTree(folder: string, options: { folderTimes?: boolean } = {}): string[] {
  const { folderTimes = true } = options;
  const lines: string[] = [];
  const names = new Map<bigint, string>();
  const visit = (path: Buffer, shown: string): void => {
    const stats = lstatSync(path, { bigint: true });
    const mode = (stats.mode & 0o7777n).toString(8);
    // A restore sets times to the microsecond: Node cannot do more.
    const facts = [
      shown,
      mode,
      stats.uid,
      stats.gid,
      ...(folderTimes || !stats.isDirectory() ? [stats.mtimeNs / 1000n] : []),
    ].join(' ');
    if (stats.isSymbolicLink()) lines.push(`${facts} -> ${readlinkSync(path, 'latin1')}`);
    else if (stats.isDirectory()) {
      lines.push(`${facts} folder`);
      for (const name of readdirSync(path, 'latin1').sort())
        visit(Buffer.concat([path, Buffer.from(`/${name}`, 'latin1')]), `${shown}/${JSON.stringify(name)}`);
    } else if (stats.isFile()) {
      const first = names.get(stats.ino);
      names.set(stats.ino, first ?? shown);
      lines.push(`${facts} ${first ? `= ${first}` : createHash('sha256').update(readFileSync(path)).digest('hex')}`);
    } else lines.push(`${facts} special`);
  };
  visit(Buffer.from(folder), '');
  return lines;
}
