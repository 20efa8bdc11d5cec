import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import { InlineHost } from './inline-host.js';

/** The JSON engine without a child process. */
export class InlineEngine extends JsonEngine {
  constructor() {
    super(new InlineHost());
  }
}
