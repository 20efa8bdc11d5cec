// Writes docs/api.md from the types of the built library: every export with its description and its declaration, so that a change of the public API is seen in review.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import ts from 'typescript';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const ENTRIES = {
  'nestjs-backup': 'dist/backup/index.d.ts',
  'nestjs-backup/headless': 'dist/backup/headless.d.ts',
  'nestjs-backup/testing': 'dist/backup/testing.d.ts',
  'nestjs-backup/cli': 'dist/cli/index.d.ts',
};
const HEAD = `# Public API

Made by \`npm run api\` from the types of the library. What stands here follows [Semantic Versioning](https://semver.org/); what does not may change at any time.
`;

const program = ts.createProgram(Object.values(ENTRIES).map(at), {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: [],
});
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: false });

function exportsOf(entry) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(at(entry)));
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
}

/** Without what only the library itself can use. */
const withoutPrivate = (node) =>
  ts.isClassDeclaration(node)
    ? ts.factory.updateClassDeclaration(
        node,
        node.modifiers,
        node.name,
        node.typeParameters,
        node.heritageClauses,
        node.members.filter(
          (member) =>
            !ts.isConstructorDeclaration(member) && !(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private),
        ),
      )
    : node;

const described = new Set();

/** Each export once: what a second entry exports too is only named. */
function sectionOf(symbol) {
  if (described.has(symbol)) return `### ${symbol.name}\n\nAs above.\n`;
  described.add(symbol);
  const documentation = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  const code = symbol.declarations.map((declaration) => {
    const file = declaration.getSourceFile();
    const whole = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    const text = printer.printNode(ts.EmitHint.Unspecified, withoutPrivate(whole), file);
    return text.replace(/^\/\*\*[\s\S]*?\*\/\s*/, '');
  });
  return `### ${symbol.name}\n\n${documentation}\n\n\`\`\`ts\n${code.join('\n')}\n\`\`\`\n`;
}

const sections = Object.entries(ENTRIES).map(
  ([name, entry]) => `## \`${name}\`\n\n${exportsOf(entry).map(sectionOf).join('\n')}`,
);
const target = at('docs/api.md');
const config = await prettier.resolveConfig(target);
const text = await prettier.format(`${HEAD}\n${sections.join('\n')}`, { ...config, filepath: target });
if (process.argv.includes('--print')) process.stdout.write(text);
else {
  writeFileSync(target, text);
  console.log(`Wrote ${target}`);
}
