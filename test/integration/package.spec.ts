import { readdir, readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

interface PackageJson {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
  devDependencies: Record<string, string>;
}

const declared = JSON.parse(await readFile('package.json', 'utf8')) as PackageJson;
const needed = [...Object.keys(declared.dependencies), ...Object.keys(declared.peerDependencies)].sort();
/** Only for whoever has such a server. */
const optional = Object.keys(declared.peerDependenciesMeta);

async function importsOf(file: string): Promise<string[]> {
  return ts.preProcessFile(await readFile(file, 'utf8'), true, true).importedFiles.map(({ fileName }) => fileName);
}

const programsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.js')).map((file) => join(folder, file));

/** The packages among them. */
const packages = (imports: string[]): string[] => {
  const bare = imports.filter((name) => !name.startsWith('.') && !name.startsWith('node:'));
  const names = bare.map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
  return [...new Set(names)].filter((name) => !builtinModules.includes(name)).sort();
};

describe('what the package says it needs', () => {
  it('is what its code imports, and nothing else', async () => {
    const installed = await Promise.all(
      ['dist/backup', 'dist/cli', 'dist/config/backup'].map((folder) => programsIn(folder)),
    );
    const files = ['dist/cli.js', ...installed.flat()];
    const imported = packages((await Promise.all(files.map((file) => importsOf(file)))).flat());
    expect(imported.filter((name) => !needed.includes(name))).toEqual([]);
    expect(needed.filter((name) => !imported.includes(name) && !optional.includes(name))).toEqual([]);
  });

  it('is all that its public types name', async () => {
    const seen = new Set(['dist/backup/index.d.ts']);
    const named: string[] = [];
    for (const file of seen) {
      const imports = await importsOf(file);
      named.push(...imports);
      for (const path of imports.filter((name) => name.startsWith('.')))
        seen.add(join(dirname(file), path).replace(/\.js$/, '.d.ts'));
    }
    expect(seen.size).toBeGreaterThan(20);
    expect(packages(named).filter((name) => !needed.includes(name))).toEqual([]);
  });

  it.each(Object.entries(declared.peerDependencies))('has %s %s here, too, for the backend', (name) => {
    expect(Object.keys(declared.devDependencies)).toContain(name);
  });
});
