import type { CommandShape, OptionShape, ProgramShape, Value } from './shape.js';

/** For fish from 3.0 on. */
export function fishScript({ name, options, commands }: ProgramShape): string {
  const at = `__${name.replaceAll('-', '_')}_at`;
  const taking = [...new Set([options, ...commands.map((command) => command.options)].flat().filter(takesValue))];
  const complete = `complete -c ${name}`;
  const ofCommand = (command: CommandShape): string[] => [
    ...command.options.map((option) => `${complete} -n '${at} ${command.name}' ${optionSpec(option)}`),
    ...command.arguments.flatMap(({ value, repeats }, position) =>
      value === 'text'
        ? []
        : [`${complete} -n '${at} ${command.name} ${repeats ? '' : position}' ${argumentSpec(value)}`],
    ),
  ];
  return `# Completion of ${name} for fish, made by: ${name} completion fish

# Whether this is the command, and so many arguments stand behind it; without any: whether none is named yet.
function ${at}
  set -l command
  set -l position 0
  set -l is_value no
  for word in (commandline -opc)[2..-1]
    if test $is_value = yes
      set is_value no
      continue
    end
    switch $word
      case ${[...new Set(taking.flatMap(({ flags }) => flags))].join(' ')}
        set is_value yes
      case '-*'
      case '*'
        if set -q command[1]
          set position (math $position + 1)
        else
          set command $word
        end
    end
  end
  test "$command" = "$argv[1]"; or return 1
  not set -q argv[2]; or test $position = $argv[2]
end

${complete} -f
${options.map((option) => `${complete} ${optionSpec(option)}`).join('\n')}
${commands.map((command) => `${complete} -n '${at}' -a ${command.name} -d ${quoted(command.summary)}`).join('\n')}
${commands.flatMap(ofCommand).join('\n')}
`;
}

const takesValue = ({ value }: OptionShape): boolean => value !== null;

function optionSpec({ flags, summary, value }: OptionShape): string {
  const named = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...named, ...(value === null ? [] : [valueSpec(value)]), `-d ${quoted(summary)}`].join(' ');
}

function valueSpec(value: Value): string {
  if (value === 'text') return '-x';
  if (value === 'file') return '-r -F';
  return `-x ${argumentSpec(value)}`;
}

function argumentSpec(value: Exclude<Value, 'text'>): string {
  if (value === 'file') return '-F';
  if (value === 'folder') return "-a '(__fish_complete_directories)'";
  return `-a ${quoted(value.join(' '))}`;
}

const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
