import type { Program } from '../programs/program.js';
import type { DumpContents } from './dump.contents.js';
import { DumpCutShort, readDump } from './dump.reader.js';

/** Gathers what a dump holds that is being printed; where it is cut short, the program says why. @throws BackupError when it fails */
export async function dumped(program: Program, contents: DumpContents): Promise<DumpContents> {
  try {
    for await (const part of readDump(program.output as AsyncIterable<Buffer>)) contents.take(part);
    await program.assertSucceeded();
    return contents;
  } catch (error) {
    if (error instanceof DumpCutShort) await program.assertSucceeded();
    throw error;
  } finally {
    program.kill();
  }
}
