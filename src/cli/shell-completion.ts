/** `tjl completion bash|zsh|fish`: scripts made from the option table. Pure. */
import { topicNames } from "./help-topics.ts";
import { commandRows, type OptionRow, optionRows, type Shell, shells, spellings, takesValue } from "./option-table.ts";

const managers = ["local", "ssh", "slurm", "mpi"];

export function completionScript(shell: Shell): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell]();
}

/** The words that a shell offers for the value of an option; "files" for file names. */
function valuesFor(row: OptionRow): string[] | "files" | "none" {
  switch (row.value) {
    case "procs":
      return ["auto", "1", "2", "4", "8"];
    case "manager":
      return managers;
    case "file":
    case "machinefile":
      return "files";
    default:
      return "none";
  }
}

function bashScript(): string {
  const words = [...optionRows.flatMap(spellings), ...commandRows.map(({ name }) => name)];
  const cases = optionRows.filter(takesValue).map((row) => {
    const values = valuesFor(row);
    const reply =
      values === "files"
        ? 'COMPREPLY=($(compgen -f -- "$word"))'
        : values === "none"
          ? "COMPREPLY=()"
          : `COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$word"))`;
    return `    ${spellings(row).join("|")}) ${reply}; return ;;`;
  });
  return `# tjl completion for bash:  source <(tjl completion bash)
_tjl() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  compopt -o filenames 2>/dev/null || :
  case $before in
${cases.join("\n")}
    completion) COMPREPLY=($(compgen -W "${shells.join(" ")}" -- "$word")); return ;;
    help) COMPREPLY=($(compgen -W "${topicNames.join(" ")}" -- "$word")); return ;;
  esac
  if [[ $word == -* || COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$word") $(compgen -f -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -F _tjl tjl tjulia
`;
}

function zshScript(): string {
  const specs = optionRows.flatMap((row) => {
    const values = valuesFor(row);
    const action = values === "files" ? "_files" : values === "none" ? "" : `(${values.join(" ")})`;
    const value = takesValue(row) ? `:value:${action}` : "";
    return spellings(row).map((name) => `    '${row.repeatable ? "*" : ""}${name}[${zshQuoted(row.help)}]${value}'`);
  });
  const named = commandRows.map(({ name, help }) => `${name}\\:"${help.replace(/"/g, "")}"`);
  return `#compdef tjl tjulia
# tjl completion for zsh:  tjl completion zsh > "\${fpath[1]}/_tjl"
_tjl() {
  _arguments -S \\
${specs.map((spec) => `${spec} \\`).join("\n")}
    '1:driver:{ _alternative "commands:command:((${named.join(" ")}))" "files:driver:_files" }' \\
    '*:argument:_files'
}
_tjl "$@"
`;
}

function zshQuoted(text: string): string {
  return text.replace(/'/g, "'\\''").replace(/[[\]:]/g, (char) => `\\${char}`);
}

function fishScript(): string {
  const lines = optionRows.flatMap((row) => {
    const values = valuesFor(row);
    const argument = !takesValue(row)
      ? ""
      : values === "files"
        ? " -rF"
        : values === "none"
          ? " -x"
          : ` -xa '${values.join(" ")}'`;
    const names = spellings(row).map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
    return `complete -c tjl ${names.join(" ")}${argument} -d '${row.help.replace(/'/g, "\\'")}'`;
  });
  const commands = commandRows.map(
    ({ name, help }) => `complete -c tjl -n __fish_is_first_arg -a ${name} -d '${help.replace(/'/g, "\\'")}'`,
  );
  return `# tjl completion for fish:  tjl completion fish > ~/.config/fish/completions/tjl.fish
${[...lines, ...commands].join("\n")}
complete -c tjl -n '__fish_seen_subcommand_from completion' -xa '${shells.join(" ")}'
complete -c tjl -n '__fish_seen_subcommand_from help' -xa '${topicNames.join(" ")}'
complete -c tjulia -w tjl
`;
}
