import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { Advice } from '../../src/backup/model/advice.js';
import type { Job } from '../../src/backup/model/job.js';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import { ClockWatch } from '../../src/backup/operations/clock-watch.js';
import { Clock } from '../../src/backup/system/clock.js';
import type { HostApp } from './host-app.js';

export const BACKUPS = '/admin/database/backups';

/** What the API advises with these errors. */
const ADVICE_OF: Readonly<Record<string, readonly Advice[]>> = {
  SNAPSHOT_NOT_FOUND: ['list_snapshots'],
  ARCHIVE_NOT_FOUND: ['list_archives'],
  FILE_NOT_IN_ARCHIVE: ['list_archives'],
  JOB_NOT_FOUND: ['list_jobs'],
  CONFIRMATION_REQUIRED: ['confirm_restore'],
  SCHEMA_MISMATCH: ['allow_schema_changes'],
};

export const error = (status_code: number, error_code: string, details: Record<string, unknown> = {}) => ({
  status_code,
  error_code,
  message: expect.any(String) as string,
  ...(Object.hasOwn(ADVICE_OF, error_code) && {
    advice: ADVICE_OF[error_code],
    problem: expect.any(String) as string,
  }),
  ...details,
});

/** The body of a refusal that names exactly these fields. */
export const invalid = (...fields: string[]) =>
  error(400, 'VALIDATION_FAILED', {
    errors: fields.map((field) => ({ field, message: expect.any(String) as string })),
  });

/** The backup routes as an admin sees them. */
export class BackupsClient {
  constructor(private readonly host: HostApp) {}

  get = (path: string) => this.signed(this.host.http.get(BACKUPS + path));
  post = (path: string, body?: object) => this.signed(this.host.http.post(BACKUPS + path)).send(body);
  put = (path: string, body: object | string) => this.signed(this.host.http.put(BACKUPS + path)).send(body);
  patch = (path: string, body: object) => this.signed(this.host.http.patch(BACKUPS + path)).send(body);
  delete = (path: string) => this.signed(this.host.http.delete(BACKUPS + path));

  async capture(body: object = {}): Promise<Snapshot> {
    return (await this.post('/?wait=true', body).expect(201)).body as Snapshot;
  }

  async job(id: string): Promise<Job> {
    return (await this.get(`/jobs/${id}`).expect(200)).body as Job;
  }

  /** A snapshot as it would have been taken at that time. */
  async captureAt(at: string, body: object = {}): Promise<Snapshot> {
    const now = vi.spyOn(this.host.app.get(Clock, { strict: false }), 'now').mockReturnValue(new Date(at));
    try {
      return await this.capture(body);
    } finally {
      now.mockRestore();
      await this.host.app.get(ClockWatch, { strict: false }).confirm(); // those days really passed
    }
  }

  /** Changes one bit of a file in the backup folder: in its middle, or a little behind the first place where `mark` stands. */
  async damage(name: string, mark?: string): Promise<void> {
    const path = join(this.host.folder, 'backups', name);
    const bytes = await readFile(path);
    const place = mark === undefined ? bytes.length >> 1 : bytes.indexOf(mark) + mark.length + 60;
    bytes[place] = bytes[place]! ^ 0x01;
    await writeFile(path, bytes);
  }

  private signed<T extends { auth(token: string, options: { type: 'bearer' }): T }>(request: T): T {
    return request.auth(this.host.adminToken, { type: 'bearer' });
  }
}

/** Something that waits until it is let go. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
