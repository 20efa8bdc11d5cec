import { readExactly } from '../archive/read-exactly.js';
import { openRegularFile } from '../system/safe-path.js';

/** Far above any manifest this program writes; a bigger text is not read into memory. */
export const LARGEST_TEXT_BYTES = 16 * 1024 * 1024;

/** @throws where a text of this size is not read into memory */
export function assertSmall(sizeBytes: number): void {
  if (sizeBytes > LARGEST_TEXT_BYTES)
    throw new Error(`it has ${sizeBytes} bytes where at most ${LARGEST_TEXT_BYTES} are expected`);
}

/** @throws where the bytes are not UTF-8 */
export const decodeText = (bytes: Buffer): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

/** Reads a small text file whole. Links are not followed; bigger files and bytes that are not UTF-8 are refused. */
export async function readTextFile(path: string): Promise<string> {
  const file = await openRegularFile(path);
  try {
    const { size } = await file.stat();
    assertSmall(size);
    const bytes = await readExactly(file, 0, size);
    if (!bytes) throw new Error('it was truncated while it was being read');
    return decodeText(bytes);
  } finally {
    await file.close();
  }
}
