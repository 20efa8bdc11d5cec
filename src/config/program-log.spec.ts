import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProgramLog } from './program-log.js';

const terminal = { isTTY: true, hasColors: () => true };
const file = {}; // as Node has it: neither false nor anything else

describe('ProgramLog', () => {
  let written: string;
  beforeEach(() => {
    written = '';
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => {
        written += String(text);
        return true;
      });
    }
  });
  afterEach(() => vi.restoreAllMocks());

  it('leaves out how the framework puts the program together', () => {
    const log = new ProgramLog(file);
    log.log('Mapped {/users, POST} route', 'RouterExplorer');
    log.log('AppModule dependencies initialized', 'InstanceLoader');
    log.log('Started: a backup every 10 minutes', 'BackupScheduler');
    expect(written).toMatch(/^.*\[BackupScheduler\] Started: a backup every 10 minutes\n$/);
  });

  it('tells what goes wrong in it', () => {
    const log = new ProgramLog(file);
    log.warn('a warning', 'RouterExplorer');
    log.error('an error', 'InstanceLoader');
    expect(written).toMatch(/WARN \[RouterExplorer\] a warning\n.*ERROR \[InstanceLoader\] an error\n/);
  });

  it('has colours on a terminal only', () => {
    new ProgramLog(file).log('plain', 'Backup');
    expect(written).not.toContain('\x1b');
    new ProgramLog(terminal).log('coloured', 'Backup');
    expect(written).toContain('\x1b');
  });
});
