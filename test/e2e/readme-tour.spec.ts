import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN } from '../support/host-app.js';
import { Program } from '../support/program.js';

const hasProgramsOfTheTour = ['bash', 'curl'].every((name) => spawnSync(name, ['--version']).status === 0);

/** The commands of the README's tour, as a reader pastes them, one after the other. */
async function tourOf(readme: string): Promise<string[]> {
  const [, tour] = /<!-- tour:start -->(.*?)<!-- tour:end -->/s.exec(await readFile(readme, 'utf8')) ?? [];
  return [...(tour ?? '').matchAll(/^```bash\n(.*?)^```$/gms)].map(([, block]) => block!);
}

describe.skipIf(!hasProgramsOfTheTour)("the README's tour", () => {
  let folder: string;
  let program: Program;
  let output: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'readme-tour-'));
    program = await new Program(folder, { BACKUP_TRIGGERS: 'on' }).start();
    const [, base] = /Listening on (http:\S+?),/.exec(program.output)!;
    const blocks = await tourOf('README.md');
    expect(blocks.length).toBeGreaterThan(3);
    // One shell for all, which fails at the first command that does.
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', blocks.join('\n')], {
      env: { PATH: process.env['PATH'], BASE: base, EMAIL: ADMIN.email, PASSWORD: ADMIN.password },
    });
    output = stdout;
  });

  afterAll(async () => {
    await program.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('shows the snapshot that follows the new role', async () => {
    const [, id] = /^The role snapshot: (\S+)$/m.exec(output)!;
    // After the first admin, where both accounts came so close together that one snapshot serves them.
    expect(id).toMatch(/^role_creation_(instructor|admin)_\d+_\d{8}_\d{6}$/);
    const snapshot = (await program.listed()).find((listed) => listed.id === id);
    expect(snapshot).toMatchObject({
      trigger: {
        type: 'event',
        event: 'role.created',
        subjects: expect.arrayContaining([expect.objectContaining({ role: 'instructor' })]) as unknown,
      },
      is_valid: true,
    });
  });

  it('shows the restore that completed, and how to undo it', async () => {
    expect(output).toMatch(/^completed$/m);
    const [, safety] = /^To undo it, restore (pre_restore_\S+)$/m.exec(output)!;
    const restores = (await program.jobs()).filter(({ type }) => type === 'restore');
    expect(restores).toEqual([
      expect.objectContaining({ status: 'completed', result: expect.objectContaining({ safety_snapshot_id: safety }) }),
    ]);
  });

  it('leaves the accounts as they were before the mistake', async () => {
    const login = (email: string) =>
      program.ask('POST', '/auth/login', { email, password: 'correct horse battery' }).then(({ status }) => status);
    expect(await login('ida@example.com')).toBe(200);
    expect(await login('mistake@example.com')).toBe(401);
    expect(output).toContain('"email":"mistake@example.com"'); // it had been there
  });

  it('changes the setting it says it changes', async () => {
    const stored: unknown = JSON.parse(await readFile(join(folder, 'backup_config.json'), 'utf8'));
    expect(stored).toMatchObject({ retention_days: 90 });
  });
});
