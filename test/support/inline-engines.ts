import { FilesEngine } from '../../src/backup/engines/files/files.engine.js';
import type { RestoreFilesOutcome, RestoreFilesRequest } from '../../src/backup/engines/files/files.requests.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import { InlineHost } from './inline-tasks.js';

/** The JSON engine without a child process. */
export class InlineEngine extends JsonEngine {
  constructor() {
    super(new InlineHost());
  }
}

/** The files engine without a child process. A restore that fails leaves what it leaves: nothing recovers it by itself. */
export class InlineFilesEngine extends FilesEngine {
  private readonly inline = new InlineHost();

  constructor() {
    super(new InlineHost());
  }

  override restore(request: RestoreFilesRequest): Promise<RestoreFilesOutcome> {
    return this.inline.run('files.restore', request);
  }
}
