import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isProcessAlive, parseTemporaryName, temporaryPath } from './temporary-file.js';
import { until } from '../../../test/support/until.js';

describe('temporary names', () => {
  it('stand beside the final file, so that a rename never crosses a mount', () => {
    expect(temporaryPath('/srv/backups/a.json', 42)).toBe('/srv/backups/.a.json.42.tmp');
    expect(temporaryPath('/srv/backups/a.json')).toBe(`/srv/backups/.a.json.${process.pid}.tmp`);
  });

  it('say which file it was to be and who was writing it', () => {
    const name = fc
      .string({ minLength: 1 })
      .filter((text) => !/[/\n\r\u2028\u2029]/.test(text) && !/^\.{1,2}$/.test(text));
    fc.assert(
      fc.property(name, fc.integer({ min: 1, max: 2 ** 22 }), (finalName, pid) => {
        const path = temporaryPath(`/folder/${finalName}`, pid);
        expect(parseTemporaryName(path.slice('/folder/'.length))).toEqual({ finalName, pid });
      }),
    );
  });

  it.each(['journal', 'wal', 'shm'])(
    'are known with the %s that SQLite keeps beside an unfinished database',
    (file) => {
      expect(parseTemporaryName(`.a.db.42.tmp-${file}`)).toEqual({ finalName: 'a.db', pid: 42 });
    },
  );

  it.each([
    'a.json',
    '.a.json',
    'a.json.42.tmp',
    '.a.json.tmp',
    '.a.json.x.tmp',
    '.a.json.-1.tmp',
    '.42.tmp',
    '.a.42.tmp ',
    '.a.42.tmp-other',
    '',
  ])('%j is none of them', (name) => {
    expect(parseTemporaryName(name)).toBeUndefined();
  });
});

describe('isProcessAlive', () => {
  it('knows one that is there', () => {
    expect(isProcessAlive(process.ppid)).toBe(true);
  });

  it('counts our own id as an earlier run, and knows one that has ended', () => {
    expect(isProcessAlive(process.pid)).toBe(false);
    expect(isProcessAlive(spawnSync(process.execPath, ['--version']).pid)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('knows one that has ended and whose parent takes no note of it', async () => {
    // The shell becomes a `sleep`, which never asks what became of the shell's child; the child ends with our end of its input, so not before.
    const parent = spawn('sh', ['-c', 'exec 3<&0; sh -c "read line" <&3 & echo $!; exec sleep 60'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    try {
      const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
      await until(() => expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n'));
      expect(isProcessAlive(Number(pid))).toBe(true);
      parent.stdin.end();
      await until(() => expect(isProcessAlive(Number(pid))).toBe(false));
      expect(() => process.kill(Number(pid), 0)).not.toThrow(); // its id is still taken
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it.each([0, 99_999_999_999, Number.MAX_VALUE])('takes the number %d out of a file name for nobody', (pid) => {
    expect(isProcessAlive(pid)).toBe(false);
  });
});
