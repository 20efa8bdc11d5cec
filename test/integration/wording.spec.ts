import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Wordings that were replaced; docs/decisions/0068-how-texts-are-written.md says by what kind of sentence. */
const REPLACED = [
  /nobody named/,
  /given free/,
  /speaks against/,
  /a text that is not empty/,
  /cannot stand (beside|together)/,
  /comes true/,
  /made a mistake/,
  /asked for by/i,
  /turned away/,
  /reads back differently/,
  /[Pp]assed over/,
  /names nobody/,
  /says no more/,
  /once more ends it/,
  /there is nobody/,
  /is not what was written/,
  /come out as the snapshot says/,
  /foreign keys (that )?lead nowhere/,
  /before you go on/,
  /takes no writes/,
  /are one name to/,
  /cannot any more/,
  /brought to an end/,
  /is another one/,
  /are other ones/,
  /says to be/,
  /may stand between/,
  /no moment could be captured/,
  /in place of its/,
  /could not be put/,
];

function textsOf(file: string): string[] {
  const found: string[] = [];
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest);
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

it('no text of the program, the library or the dashboard is worded as it no longer shall be', () => {
  const files = execFileSync('git', ['ls-files', 'src', 'dashboard/src'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.endsWith('schema.d.ts'));
  expect(files.length).toBeGreaterThan(100);
  const texts = files.flatMap((file) => textsOf(file).map((text) => `${file}: ${text}`));
  expect(texts.filter((text) => REPLACED.some((wording) => wording.test(text)))).toEqual([]);
});
