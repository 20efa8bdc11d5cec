import { Argument } from 'commander';
import type { CliCommand } from '../command.js';
import { bashScript } from '../completion/bash.js';
import { fishScript } from '../completion/fish.js';
import { shapeOf } from '../completion/shape.js';
import { zshScript } from '../completion/zsh.js';

const SCRIPT_OF = { bash: bashScript, zsh: zshScript, fish: fishScript };
type Shell = keyof typeof SCRIPT_OF;

export const completion: CliCommand = {
  name: 'completion',
  summary: 'Prints a script with which a shell completes commands and options.',
  examples: ['completion bash', 'completion zsh', 'completion fish'],
  configure: (command) =>
    command.addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(Object.keys(SCRIPT_OF))),
  run({ program, answer }, [shell]) {
    const script = SCRIPT_OF[shell as Shell](shapeOf(program));
    answer({ shell, script }, () => script.trimEnd());
    return Promise.resolve();
  },
};
