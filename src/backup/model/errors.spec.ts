import { describe, expect, it } from 'vitest';
import { asBackupError, BackupError } from './errors.js';

const systemError = (code: unknown) => Object.assign(new Error('it said so'), { code });

describe('asBackupError', () => {
  it.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['SQLITE_FULL', 'DISK_FULL'],
    ['EACCES', 'FOLDER_NOT_WRITABLE'],
    ['EROFS', 'FOLDER_NOT_WRITABLE'],
    ['SQLITE_BUSY', 'DATABASE_LOCKED'],
    ['SQLITE_BUSY_SNAPSHOT', 'DATABASE_LOCKED'],
    ['SQLITE_BUSY_RECOVERY', 'DATABASE_LOCKED'],
    ['SQLITE_LOCKED_SHAREDCACHE', 'DATABASE_LOCKED'],
    ['SQLITE_NOTADB', 'DATABASE_UNAVAILABLE'],
    ['SQLITE_CORRUPT_INDEX', 'DATABASE_UNAVAILABLE'],
    ['SQLITE_IOERR_SHORT_READ', 'DATABASE_UNAVAILABLE'],
    ['SQLITE_CANTOPEN_ISDIR', 'DATABASE_UNAVAILABLE'],
    ['SQLITE_CONSTRAINT_FOREIGNKEY', 'ENGINE_FAILED'],
    ['EMFILE', 'ENGINE_FAILED'],
    [5, 'ENGINE_FAILED'],
    [undefined, 'ENGINE_FAILED'],
  ])('%s becomes %s and keeps its cause', (code, expected) => {
    const cause = systemError(code);
    expect(asBackupError(cause)).toMatchObject({
      code: expected,
      message: expect.stringContaining('it said so'),
      cause,
    });
  });

  it('says what to do about a full disk', () => {
    expect(asBackupError(systemError('ENOSPC')).message).toMatch(/^The disk is full \(it said so\)\. Free some space/);
    expect(asBackupError(systemError('EMFILE')).message).toBe('it said so');
  });

  it('keeps what is one already', () => {
    const error = new BackupError('CANCELLED', 'enough');
    expect(asBackupError(error)).toBe(error);
  });

  it('uses the fallback where the system has no name for it', () => {
    expect(asBackupError(new Error('x'), 'SNAPSHOT_CORRUPT').code).toBe('SNAPSHOT_CORRUPT');
    expect(asBackupError(systemError('ENOSPC'), 'SNAPSHOT_CORRUPT').code).toBe('DISK_FULL');
  });

  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['just text', 'just text'],
  ])('takes %j too', (thrown, message) => {
    expect(asBackupError(thrown)).toMatchObject({ code: 'ENGINE_FAILED', message });
  });
});

describe('a message of the system', () => {
  it('names the file and not the folders above it', () => {
    const thrown = Object.assign(
      new Error("ENOENT: no such file or directory, rename '/srv/app/.x.tmp' -> '/srv/app/x'"),
      {
        code: 'ENOENT',
        path: '/srv/app/.x.tmp',
        dest: '/srv/app/x',
      },
    );
    expect(asBackupError(thrown).message).toBe("ENOENT: no such file or directory, rename '.x.tmp' -> 'x'");
  });
});
