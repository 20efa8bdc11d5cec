import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const HEADINGS = ['figure', 'what', 'ours', 'reference', 'measured', 'target', ''];
/** A loss has no target. */
const LOSS_HEADINGS = HEADINGS.slice(0, 5);
/** Where the figures of each database are written, and what the page is called. */
const PAGES = {
  sqlite: { file: 'benchmarks.md', title: 'Benchmarks' },
  postgres: { file: 'benchmarks-postgresql.md', title: 'Benchmarks on PostgreSQL' },
  mariadb: { file: 'benchmarks-mariadb.md', title: 'Benchmarks on MariaDB' },
};

/** The cells of one row; `ok` is null where a row only informs. */
const cells = ({ figure, what, ours, reference, measured, target, ok }) => [
  figure,
  what,
  ours,
  reference,
  measured,
  target,
  ok === null ? '–' : ok ? 'met' : '**missed**',
];

/** What has a target, and what we are known to lose at. */
function sections(rows) {
  const isLoss = ({ figure }) => figure === 'L';
  return { figures: rows.filter((row) => !isLoss(row)), losses: rows.filter(isLoss) };
}

/** Each text once, with the rows it explains. */
function reasons(rows) {
  const explained = new Map();
  for (const { figure, what, why = 'No reason is known.' } of rows)
    explained.set(why, [...(explained.get(why) ?? []), figure === 'L' ? what : `${figure}, ${what}`]);
  for (const [why, subjects] of explained) {
    const described = subjects.filter((subject) => !subject.endsWith('the same'));
    explained.set(why, described.length > 0 ? described : subjects);
  }
  return [...explained].map(([why, subjects]) => `**${subjects.join('; ')}**: ${why}`);
}

const missedOf = (rows) => rows.filter(({ ok }) => ok === false);

function duration(took) {
  const seconds = Math.round(took / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function printTable(rows, headings = HEADINGS) {
  const lines = [headings, ...rows.map(cells)].map((line) =>
    line.slice(0, headings.length).map((cell) => cell.replaceAll('**', '')),
  );
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}

function printList(title, lines) {
  if (lines.length > 0)
    console.log(`\n${[title, ...lines.map((line) => `- ${line}`)].join('\n')}`.replaceAll('**', ''));
}

/** For whoever sits at the terminal. */
export function printReport({ rows, notes, took }) {
  const { figures, losses } = sections(rows);
  printTable(figures);
  printList('Missed, and why:', reasons(missedOf(figures)));
  if (losses.length > 0) {
    console.log('\nWhat we lose at:');
    printTable(losses, LOSS_HEADINGS);
    printList('Why:', reasons(losses));
  }
  printList('What is behind the figures:', notes);
  console.log(`\nAll of it took ${duration(took)}.`);
}

const table = (rows, headings = HEADINGS) =>
  [headings, headings.map(() => '---'), ...rows.map(cells)]
    .map((line) => line.slice(0, headings.length).map((cell) => cell.replaceAll('|', '\\|')))
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
const lossesText = (losses) => `## What we lose at\n\n${table(losses, LOSS_HEADINGS)}\n\n${list(reasons(losses))}\n\n`;
const list = (lines) => lines.map((line) => `- ${line}`).join('\n');

/** Replaces a page of the documentation by what a whole run measured. */
export async function writeReport(report) {
  const target = fileURLToPath(new URL(`../docs/${PAGES[report.on].file}`, import.meta.url));
  await writeFile(target, reportText(report));
}

function reportText({ on, rows, notes, machine, took }) {
  const { figures, losses } = sections(rows);
  const missed = missedOf(figures);
  const met = figures.filter(({ ok }) => ok === true).length;
  return `# ${PAGES[on].title}

Measured and written by \`npm run bench -- ${on === 'sqlite' ? '' : `--on ${on} `}--write\` on ${new Date().toISOString().slice(0, 10)}, in ${duration(took)}; run it yourself, since only ratios taken side by side
on one machine mean anything. Times are medians of several rounds, in which a way of doing something and its reference take turns, after a round that only
warms up; in brackets stand the lowest and highest ratio of a single round. What is measured once, or reckoned from a part, is said below.

${list(machine)}

The workload W1 (\`bench/w1.mjs\`): a school's database of 20 tables and 200,000 rows, about 61 MB as a snapshot document, from a fixed seed, and what
changes in it every 10 minutes; also at 10 MB and 1 GB. MB means 1,000,000 bytes.

${met} of ${met + missed.length} targets are met.

${table(figures)}

## Missed, and why

${missed.length === 0 ? 'Nothing, in this run.' : list(reasons(missed))}

${losses.length === 0 ? '' : lossesText(losses)}## What is behind the figures

${list(notes)}
`;
}
