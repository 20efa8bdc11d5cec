import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What can be made to fail, and with which code. */
export type Failure =
  `${'open' | 'read' | 'lock' | 'chmod' | 'syncdir' | 'statfs' | 'change'}:${keyof typeof constants.errno}:${string}`;

/** System calls that fail, in programs that are started with its environment. Linux with a C compiler only. */
export class FailingFs {
  private constructor(private readonly folder: string) {}

  /** Null where it cannot be built. */
  static build(): FailingFs | null {
    const folder = mkdtempSync(join(tmpdir(), 'failing-fs-'));
    try {
      const library = join(folder, 'failing-fs.so');
      execFileSync('cc', ['-shared', '-fPIC', '-o', library, resolve('test/support/failing-fs.c'), '-ldl'], {
        stdio: 'ignore',
      });
      return new FailingFs(folder);
    } catch {
      rmSync(folder, { recursive: true });
      return null;
    }
  }

  /** For calls on paths that contain the last part. They begin to fail with {@link begin}. */
  environment(...failures: Failure[]): NodeJS.ProcessEnv {
    const rules = failures.map((failure) => {
      const [call, code, path] = failure.split(':') as [string, keyof typeof constants.errno, string];
      return [call, constants.errno[code], path].join(':');
    });
    return {
      LD_PRELOAD: join(this.folder, 'failing-fs.so'),
      FAILING_FS: rules.join(';'),
      FAILING_FS_SWITCH: this.switch,
    };
  }

  begin(): void {
    writeFileSync(this.switch, '');
  }

  end(): void {
    rmSync(this.switch, { force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private get switch(): string {
    return join(this.folder, 'on');
  }
}
