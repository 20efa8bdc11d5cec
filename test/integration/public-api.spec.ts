import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ENTRY = resolve('dist/backup/index.d.ts');

/** Types that the exports name and that are not exported themselves. */
function unreachable(): string[] {
  const program = ts.createProgram([ENTRY], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
  });
  const checker = program.getTypeChecker();
  const original = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const entry = checker.getSymbolAtLocation(program.getSourceFile(ENTRY)!)!;
  const exported = new Set(checker.getExportsOfModule(entry).map(original));
  const missing = new Set<string>();
  const look = (node: ts.Node): void => {
    if (ts.isConstructorDeclaration(node)) return; // which the injector calls
    const named = ts.isTypeReferenceNode(node) ? checker.getSymbolAtLocation(node.typeName) : undefined;
    const type = named && original(named);
    const file = type?.declarations?.[0]?.getSourceFile().fileName;
    const isParameter = Boolean(type && type.flags & ts.SymbolFlags.TypeParameter);
    if (type && !isParameter && file?.startsWith(resolve('dist')) && !exported.has(type)) missing.add(type.name);
    ts.forEachChild(node, look);
  };
  expect(exported.size).toBeGreaterThan(40);
  for (const { declarations = [] } of exported) declarations.forEach(look);
  return [...missing];
}

describe('the public API', () => {
  it('exports every type that it names', () => {
    expect(unreachable()).toEqual([]);
  });

  it('is what docs/api.md says; `npm run api` writes it', async () => {
    const now = execFileSync(process.execPath, ['scripts/api.mjs', '--print'], { encoding: 'utf8' });
    expect(now).toBe(await readFile('docs/api.md', 'utf8'));
  });

  it.each(['nestjs-backup', 'nestjs-backup/headless', 'nestjs-backup/testing', 'nestjs-backup/cli'])(
    'is the same copy for require and import: %s',
    (name) => {
      const program = `const required = require(${JSON.stringify(name)});
        import(${JSON.stringify(name)}).then((imported) => {
          const names = Object.keys(required);
          console.log(names.length > 0 && names.every((name) => imported[name] === required[name]));
        });`;
      // A package may import itself by its name.
      expect(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }).trim()).toBe('true');
    },
  );
});
