import type { FileHandle } from 'node:fs/promises';

/** Reads exactly these bytes; undefined where the file ends before. */
export async function readExactly(file: FileHandle, start: number, length: number): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) return undefined;
    filled += bytesRead;
  }
  return bytes;
}
