import type { CliCommand } from '../command.js';
import { create } from './create.js';
import { list } from './list.js';
import { restore } from './restore.js';
import { show } from './show.js';

/** In the order of `--help`. */
export const COMMANDS: readonly CliCommand[] = [create, list, show, restore];
