import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const HEADINGS = ['figure', 'what', 'ours', 'reference', 'measured', 'to reach', 'ok'];
const TARGET = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

/** The cells of one row; `ok` is null where a row only informs. */
const cells = ({ figure, what, ours, reference, measured, target, ok }) => [
  figure,
  what,
  ours,
  reference,
  measured,
  target,
  ok === null ? '–' : ok ? 'yes' : '**no**',
];

export function printTable(rows) {
  const lines = [HEADINGS, ...rows.map((row) => cells(row).map((cell) => cell.replaceAll('**', '')))];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}

/** Replaces docs/benchmarks.md. */
export async function writeReport({ rows, notes, machine, command }) {
  const table = [HEADINGS, HEADINGS.map(() => '---'), ...rows.map(cells)].map((line) => `| ${line.join(' | ')} |`);
  const missed = rows.filter(({ ok }) => ok === false);
  await writeFile(
    TARGET,
    `# Benchmarks

Measured by \`${command}\` on ${new Date().toISOString().slice(0, 10)}; run it yourself, since only ratios taken side by side on one machine mean
anything. A way of doing something and its reference take turns, round after round, after a round that only warms up. Shown are medians, and in
brackets the lowest and highest ratio of a single round.

${machine.map((line) => `- ${line}`).join('\n')}

The workload W1 (\`bench/w1.mjs\`): a school's database of 20 tables and 200,000 rows, about 61 MB as a snapshot document, from a fixed seed; also at
10 MB and 1 GB. MB means 1,000,000 bytes, of memory 1,048,576.

${table.join('\n')}

## What is behind the figures

${notes.map((note) => `- ${note}`).join('\n')}

## What we lose at

${missed.length === 0 ? 'In this run, nothing of the above missed what it is to reach.' : missed.map((row) => `- **${row.figure}, ${row.what}**: ${row.measured}, to reach was ${row.target}.${row.why ? ` ${row.why}` : ''}`).join('\n')}
`,
  );
}
