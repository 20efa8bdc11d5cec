import type { CommandShape, OptionShape, ProgramShape, Value } from './shape.js';

/**
 * For bash from 3.2 on, without the package `bash-completion`.
 * A word of `case` is the command and the option, or the command and the position of the argument.
 */
export function bashScript({ name, options, commands }: ProgramShape): string {
  const fn = `_${name.replaceAll('-', '_')}`;
  const everywhere = flagsOf(options);
  return `# Completion of ${name} for bash, made by: ${name} completion bash
${fn}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" command='' option='' position=0 kind=words words='' word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in
      =) ;; # bash takes --option=value apart
      *) if [[ -n $option ]]; then
          option=''
        elif [[ $word == -* ]]; then
          case "$command $word" in
            ${takingValues(options, commands).join(' | ')}) option="$word" ;;
          esac
        elif [[ -z $command ]]; then
          command="$word"
        else
          position=$((position + 1))
        fi ;;
    esac
  done
  [[ $cur == = ]] && cur=''
  if [[ -n $option ]]; then
    case "$command $option" in
${valueCases(options, commands)}
    esac
  elif [[ $cur == -* ]]; then
    case "$command" in
${commands.map((command) => `      ${quoted(command.name)}) ${setWords([...flagsOf(command.options), ...everywhere])} ;;`).join('\n')}
      *) ${setWords(everywhere)} ;;
    esac
  elif [[ -z $command ]]; then
    ${setWords(commands.map((command) => command.name))}
  else
    case "$command $position" in
${commands.flatMap(argumentCases).join('\n')}
    esac
  fi
  COMPREPLY=()
  case "$kind" in
    file) return ;; # bash completes names of files by itself
    folder) local IFS=$'\\n'; COMPREPLY=($(compgen -d -- "$cur")); compopt -o filenames 2>/dev/null ;;
    words) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
  esac
  compopt +o default 2>/dev/null
  return 0
}
complete -o default -F ${fn} ${name}
`;
}

const flagsOf = (options: readonly OptionShape[]): string[] => options.flatMap(({ flags }) => flags);

/** Patterns of `case`: of an option of all commands, `*' --dir'`. */
function patternsOf(options: readonly OptionShape[], command?: CommandShape): string[] {
  return flagsOf(options).map((flag) => (command ? quoted(`${command.name} ${flag}`) : `*${quoted(` ${flag}`)}`));
}

const withValues = (options: readonly OptionShape[]): OptionShape[] => options.filter(({ value }) => value !== null);

const takingValues = (options: readonly OptionShape[], commands: readonly CommandShape[]): string[] => [
  ...patternsOf(withValues(options)),
  ...commands.flatMap((command) => patternsOf(withValues(command.options), command)),
];

function valueCases(options: readonly OptionShape[], commands: readonly CommandShape[]): string {
  const line = (option: OptionShape, command?: CommandShape) =>
    `      ${patternsOf([option], command).join(' | ')}) ${setValue(option.value!)} ;;`;
  return [
    ...commands.flatMap((command) => withValues(command.options).map((option) => line(option, command))),
    ...withValues(options).map((option) => line(option)),
  ].join('\n');
}

const argumentCases = ({ name, arguments: all }: CommandShape): string[] =>
  all.map(({ value, repeats }, position) => {
    const pattern = repeats ? `${quoted(`${name} `)}*` : quoted(`${name} ${position}`);
    return `      ${pattern}) ${setValue(value)} ;;`;
  });

const setValue = (value: Value): string =>
  value === 'text' ? ':' : typeof value === 'string' ? `kind=${value}` : setWords(value);

const setWords = (words: readonly string[]): string => `words=${quoted(words.join(' '))}`;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
