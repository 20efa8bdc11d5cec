import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { CliBench } from '../support/cli-bench.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
const isInstalled = (shell: string) => spawnSync(shell, ['--version']).status === 0;

let bench: CliBench;
let folder: string;
const scripts = new Map<string, string>();

beforeAll(async () => {
  bench = new CliBench(mkdtempSync(join(tmpdir(), 'completion-')));
  folder = bench.path('elsewhere');
  mkdirSync(bench.path('elsewhere', 'a folder'), { recursive: true });
  writeFileSync(bench.path('elsewhere', 'a file'), '');
  for (const shell of SHELLS) {
    // Settings with which nothing could be opened: it opens nothing.
    const { code, out, err } = await bench.run(['completion', shell], {
      DATABASE_URL: 'nonsense',
      BACKUP_NONSENSE: '1',
    });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    scripts.set(shell, bench.path(`completion.${shell}`));
    writeFileSync(scripts.get(shell)!, out);
  }
});
afterAll(() => rmSync(bench.folder, { recursive: true, force: true }));

/** What bash offers at the end of a line that was typed so far, in the words into which it takes it apart. */
function offeredByBash(...words: string[]): string[] {
  const script = `
    source "$1"; shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    "$(complete -p nestjs-backup | sed 's/.*-F \\([^ ]*\\) .*/\\1/')"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-uc', script, 'bash', scripts.get('bash')!, 'nestjs-backup', ...words], {
    encoding: 'utf8',
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
    .split('\n')
    .filter((line) => line !== '');
}

describe('the completion of bash', () => {
  it('offers every command', () => {
    expect(offeredByBash('')).toEqual([...COMMANDS.map(({ name }) => name), 'help']);
    expect(offeredByBash('re')).toEqual(['restore', 'rebuild-catalog']);
    expect(offeredByBash('help', 'cle')).toEqual(['cleanup']);
  });

  it.each(COMMANDS.map(({ name }) => name))('offers every option that %s --help shows', async (name) => {
    const { out } = await bench.run([name, '--help']);
    const shown = [...out.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag!);
    expect(shown.length).toBeGreaterThan(7);
    expect(offeredByBash(name, '--').sort()).toEqual(shown.sort());
  });

  it.each([
    [
      ['list', '--kind', ''],
      ['full', 'differential'],
    ],
    [['list', '--kind', '=', 'd'], ['differential']],
    [
      ['list', '--kind', '='],
      ['full', 'differential'],
    ],
    [['create', '--kind', ''], ['full']],
    [
      ['--dir', 'list', 'jobs', '--status', 'c'],
      ['completed', 'cancelled'],
    ],
    [['jobs', '--limit', '5', '--ty'], ['--type']],
    [['config', 's'], ['set']],
    [
      ['--json', 'completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['list', '--dir', 'a'], ['a folder']],
    [['--dir', 'a'], ['a folder']],
    // Nothing of ours: bash goes on with names of files.
    [['restore', ''], []],
    [['extract', 'newest', '--output', ''], []],
    [['config', 'set', ''], []],
    [['list', '--limit', ''], []],
  ])('knows what may follow %j', (words, offered) => {
    expect(offeredByBash(...words)).toEqual(offered);
  });
});

// Where a shell is not installed, the run names this test as skipped, with this reason.
describe.each(SHELLS)('the completion script of %s', (shell) => {
  it.skipIf(!isInstalled(shell))(`is one that ${shell} can read (skipped where ${shell} is not installed)`, () => {
    const { status, stderr } = spawnSync(shell, ['-n', scripts.get(shell)!], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

it('is one document with --json, and a mistake names the shells', async () => {
  const { out } = await bench.run(['completion', 'fish', '--json'], {});
  expect(JSON.parse(out)).toEqual({ shell: 'fish', script: expect.stringContaining('complete -c nestjs-backup') });
  const { code, err } = await bench.run(['completion', 'tcsh'], {});
  expect(code).toBe(2);
  expect(err).toMatch(/bash, zsh, fish/);
});
