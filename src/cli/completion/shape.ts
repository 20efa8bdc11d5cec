import type { Argument, Command, Option } from 'commander';

/** What can stand for an option's value or an argument: one of some words, a path, or whatever there is no list of. */
export type Value = 'text' | 'file' | 'folder' | readonly string[];

export interface OptionShape {
  /** The long form last: `-q`, `--quiet`. */
  flags: string[];
  summary: string;
  /** null where it takes none. */
  value: Value | null;
}

export interface ArgumentShape {
  name: string;
  value: Value;
  repeats: boolean;
}

export interface CommandShape {
  name: string;
  summary: string;
  /** Without those that every command takes. */
  options: OptionShape[];
  arguments: ArgumentShape[];
}

/** What a shell has to know of the command line to complete it. */
export interface ProgramShape {
  name: string;
  /** What every command takes. */
  options: OptionShape[];
  commands: CommandShape[];
}

/** Read from the declarations that also parse the calls and print the help. */
export function shapeOf(program: Command): ProgramShape {
  const help = program.createHelp();
  const commands = help.visibleCommands(program);
  const names = commands.map((command) => command.name());
  const argument = (declared: Argument, owner: Command): ArgumentShape => ({
    name: declared.name(),
    // The argument of `help` is a command.
    value: declared.argChoices ?? (owner.name() === 'help' ? names.filter((name) => name !== 'help') : 'file'),
    repeats: declared.variadic,
  });
  return {
    name: program.name(),
    options: help.visibleOptions(program).map(optionShape),
    commands: commands.map((command) => ({
      name: command.name(),
      summary: command.description(),
      // `--help` is one of all commands.
      options: command.options.filter(({ hidden }) => !hidden).map(optionShape),
      arguments: command.registeredArguments.map((declared) => argument(declared, command)),
    })),
  };
}

const optionShape = (option: Option): OptionShape => ({
  flags: [option.short, option.long].filter((flag): flag is string => flag !== undefined),
  summary: option.description,
  value: option.isBoolean() || option.negate ? null : (option.argChoices ?? valueNamed(option.flags)),
});

/** @param flags as they are declared: `-o, --output <file>` */
function valueNamed(flags: string): Value {
  if (flags.endsWith('<folder>')) return 'folder';
  return /<(file|place)>$/.test(flags) ? 'file' : 'text';
}
