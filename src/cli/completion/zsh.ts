import type { CommandShape, OptionShape, ProgramShape, Value } from './shape.js';

/** Works as a file of `fpath` and when it is sourced. */
export function zshScript({ name, options, commands }: ProgramShape): string {
  const fn = `_${name.replaceAll('-', '_')}`;
  return `#compdef ${name}
# Completion of ${name} for zsh, made by: ${name} completion zsh
${fn}() {
  local curcontext="$curcontext" state line ret=1
  typeset -A opt_args
  local -a global commands
  global=(
${options.map((option) => `    ${optionSpec(option)}`).join('\n')}
  )
  commands=(
${commands.map((command) => `    ${quoted(`${command.name}:${command.summary}`)}`).join('\n')}
  )
  _arguments -C -s "$global[@]" '1: :->command' '*:: :->rest' && ret=0
  case "$state" in
    command) _describe -t commands command commands && ret=0 ;;
    rest)
      case "$words[1]" in
${commands.map(commandCase).join('\n')}
      esac ;;
  esac
  return ret
}
if [[ "$funcstack[1]" == ${fn} || "$funcstack[1]" == _${name} ]]; then
  ${fn} "$@"
else
  compdef ${fn} ${name}
fi
`;
}

function commandCase({ name, options, arguments: all }: CommandShape): string {
  const specs = [
    ...options.map(optionSpec),
    ...all.map(({ name: argument, value, repeats }, index) =>
      quoted(`${repeats ? '*' : index + 1}:${escaped(argument)}:${actionOf(value)}`),
    ),
  ];
  const lines = ['"$global[@]"', ...specs].map((spec) => `          ${spec}`);
  return `        ${name}) _arguments -s \\\n${lines.join(' \\\n')} && ret=0 ;;`;
}

/** Outside of the quotes braces make one spec of each flag. */
function optionSpec({ flags, summary, value }: OptionShape): string {
  const what = `[${escaped(summary)}]${value === null ? '' : `:value:${actionOf(value)}`}`;
  const [flag] = flags;
  if (flags.length === 1) return quoted(`${flag}${what}`);
  return `${quoted(`(${flags.join(' ')})`)}{${flags.join(',')}}${quoted(what)}`;
}

function actionOf(value: Value): string {
  if (value === 'text') return ' ';
  if (value === 'file') return '_files';
  if (value === 'folder') return '_files -/';
  return `(${value.join(' ')})`;
}

/** What `_arguments` would read as its own. */
const escaped = (text: string): string => text.replaceAll(/[[\]:\\]/g, String.raw`\$&`);

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
