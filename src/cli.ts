#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.js';
import { Terminal } from './cli/terminal.js';

void runCommandLine(process.argv.slice(2), new Terminal(process)).then((code) => {
  process.exitCode = code;
});
