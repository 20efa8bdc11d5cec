import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_WORDS } from '../../src/backup/http/advice.js';
import { ADVICE, type AdviceWords, withAdvice } from '../../src/backup/model/advice.js';
import { CLI_WORDS } from '../../src/cli/advice.js';
import { CliBench } from '../support/cli-bench.js';

const OF_HTTP = /": true|"confirm|\bsend "|\bGET \//;
const DATA = { snapshot_id: 'auto_backup_1', cleanup: { deleted: 133 } };
const all = (words: AdviceWords) => withAdvice('It did not.', { ...DATA, advice: ADVICE }, words);

describe('what can be done about an error', () => {
  it('stands behind what happened, in the words of the face that tells it', () => {
    const details = { ...DATA, advice: ['confirm_deletions'] };
    expect(withAdvice('Nothing was changed.', details, HTTP_WORDS)).toBe(
      'Nothing was changed. To confirm it, send "confirm_deletions=133" in the query.',
    );
    expect(withAdvice('Nothing was changed.', details, CLI_WORDS)).toBe(
      'Nothing was changed. To confirm it, add --confirm-deletions 133.',
    );
  });

  it('is left out where there is none, or none that is known', () => {
    for (const advice of [undefined, null, 'x', [], ['of_a_later_version', 7, 'toString']])
      expect(withAdvice('Gone.', { advice }, HTTP_WORDS)).toBe('Gone.');
  });

  it('is of fields and routes for a client, of options and commands at a terminal', () => {
    expect(all(HTTP_WORDS)).not.toMatch(/--|nestjs-backup/);
    expect(all(CLI_WORDS)).not.toMatch(OF_HTTP);
    for (const words of [HTTP_WORDS, CLI_WORDS])
      for (const key of ADVICE) {
        expect(words[key](DATA)).toMatch(/\.$/);
        expect(words[key](DATA)).not.toMatch(/undefined|object Object/);
      }
  });

  it('stands in no message of the library below its faces', async () => {
    const sources = (await readdir('src/backup', { recursive: true })).filter(
      (name) => /(?<!\.spec)\.ts$/.test(name) && !name.startsWith('http/'),
    );
    expect(sources.length).toBeGreaterThan(100);
    const found: string[] = [];
    for (const name of sources)
      for (const line of (await readFile(join('src/backup', name), 'utf8')).split('\n'))
        if (!/^\s*(\*|\/)/.test(line) && /": true|\bsend "|\bGET \/|BACKUP_DIR|nestjs-backup \w+ --|add --/.test(line))
          found.push(`${name}: ${line.trim()}`);
    expect(found).toEqual([]);
  });
});

describe('the command line', () => {
  let bench: CliBench;
  let id: string;

  beforeAll(async () => {
    bench = await CliBench.open();
    id = await bench.create();
    bench.sql('ALTER TABLE users ADD COLUMN name TEXT');
  });
  afterAll(() => bench.close());

  it('tells what to do in its own words, and programs by its name', async () => {
    const { err } = await bench.run(['restore', id, '--yes', '--json']);
    expect(JSON.parse(err)).toMatchObject({
      error_code: 'SCHEMA_MISMATCH',
      message: expect.stringMatching(/Nothing was changed\. .*add --allow-schema-changes/) as unknown,
      advice: ['allow_schema_changes'],
    });
    expect(err).not.toMatch(/send|pass/);
  });
});
