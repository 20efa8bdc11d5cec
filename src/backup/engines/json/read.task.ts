import { BackupError } from '../../model/errors.js';
import type { TaskContext } from '../../system/child-task-server.js';
import type { RowsRequest } from '../database.engine.js';
import { readContentTask } from '../shared/read.tasks.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
import { END_OF_DOCUMENT, END_OF_ROWS, headText, tableText } from './document.text.js';
import { materialise } from './materialise.js';
import { proven } from './proven.js';

const LF = 0x0a;
const COMMA = 0x2c;

/** Answers on standard output with the complete document: as it is stored, or put together of a differential and its base. */
export async function readDocumentTask(
  { snapshot }: { snapshot: StoredSnapshot },
  context: TaskContext,
): Promise<null> {
  if (snapshot.manifest.kind === 'full') return readContentTask({ snapshot }, context);
  await writeMaterialised(snapshot, context);
  return null;
}

/** Answers on standard output with rows, as JSON. */
export async function readRowsTask(request: RowsRequest, context: TaskContext): Promise<null> {
  switch (request.view) {
    case 'extract':
      await writeExtract(request.snapshot, request.archive, context);
      break;
    case 'table':
      await writeTable(request, context);
      break;
  }
  return null;
}

async function writeMaterialised(snapshot: StoredSnapshot, context: TaskContext): Promise<void> {
  const output = new JsonOutput(context, '');
  let tables = 0;
  for await (const part of proven(snapshot.manifest, materialise(snapshot))) {
    if (part.part === 'head') await output.text(headText(part));
    if (part.part === 'table')
      await output.openList(`${tables > 0 ? END_OF_ROWS : ''}${tableText(part, tables++ === 0)}`, '\n');
    if (part.part === 'rows') await output.rows(part.rows);
  }
  await output.text(`${tables > 0 ? END_OF_ROWS : ''}${END_OF_DOCUMENT}`);
}

async function writeExtract(snapshot: StoredSnapshot, archive: string, context: TaskContext): Promise<void> {
  const opening = `{"filename":${JSON.stringify(snapshot.manifest.filename)},"archive":${JSON.stringify(archive)},"data":{`;
  const output = new JsonOutput(context, opening);
  let tables = 0;
  for await (const part of proven(snapshot.manifest, materialise(snapshot))) {
    if (part.part === 'table') await output.openList(`${tables++ > 0 ? '],' : ''}${JSON.stringify(part.name)}:[`);
    if (part.part === 'rows') await output.rows(part.rows);
  }
  await output.text(`${tables > 0 ? ']' : ''}}}\n`);
}

async function writeTable(request: RowsRequest & { view: 'table' }, context: TaskContext): Promise<void> {
  const { snapshot, table, offset, limit } = request;
  const summary = Object.hasOwn(snapshot.manifest.tables, table) ? snapshot.manifest.tables[table] : undefined;
  if (!summary)
    throw new BackupError('TABLE_NOT_FOUND', 'The snapshot has no table of this name. Its details list the tables.');
  const output = new JsonOutput(
    context,
    `{"table":${JSON.stringify(table)},"offset":${offset},"limit":${limit},"total":${summary.rows},"rows":[`,
  );
  let inTable = false;
  let row = 0;
  for await (const part of proven(snapshot.manifest, materialise(snapshot), table)) {
    if (part.part === 'table') {
      if (inTable) break; // read to its end although the page may be full: only then it is proven
      inTable = part.name === table;
    }
    if (part.part !== 'rows' || !inTable || row >= offset + limit) continue;
    for (const line of splitRows(part.rows)) {
      if (row >= offset && row < offset + limit) await output.rows(line);
      row++;
    }
  }
  await output.text(']}\n');
}

/** Holds the opening back until the first part has been read, so that a snapshot that cannot be opened is refused before any byte. */
class JsonOutput {
  private begun = false;
  private separator: Buffer = Buffer.alloc(0);

  constructor(
    private readonly context: TaskContext,
    private readonly opening: string,
  ) {}

  /** @param beforeRows what stands before the first row of the list */
  async openList(text: string, beforeRows = ''): Promise<void> {
    await this.text(text);
    this.separator = Buffer.from(beforeRows);
  }

  /** @param rows one or more rows, joined by a comma and LF */
  async rows(rows: Buffer): Promise<void> {
    await this.begin();
    if (this.separator.length > 0) await this.context.write(this.separator);
    this.separator = BETWEEN_ROWS;
    await this.context.write(rows);
  }

  async text(text: string): Promise<void> {
    await this.begin();
    await this.context.write(Buffer.from(text));
  }

  private async begin(): Promise<void> {
    if (this.begun) return;
    this.begun = true;
    await this.context.ready();
    if (this.opening !== '') await this.context.write(Buffer.from(this.opening));
  }
}

const BETWEEN_ROWS = Buffer.from([COMMA, LF]);

/** One by one, without the separators: a comma before a line break separates rows, since no line break stands inside one. */
export function* splitRows(rows: Buffer): Generator<Buffer> {
  for (let start = 0; start < rows.length;) {
    const end = rows.indexOf(LF, start);
    if (end < 0) {
      yield rows.subarray(start);
      return;
    }
    yield rows.subarray(start, end - 1);
    start = end + 1;
  }
}
