/**
 * Every option and command of tjl, once. Parsing (options.ts), --help (help.ts) and shell completion (shell-completion.ts) are all
 * made from this table.
 */

/** What may stand where the option's value is expected; completion uses it. */
export type ValueKind = "procs" | "file" | "machinefile" | "manager" | "text" | "address";

export interface OptionRow {
  /** The spelling for commander: "-p, --procs <n|auto>". */
  readonly flags: string;
  readonly group: "Workers" | "Code" | "Being a worker" | "Other";
  readonly help: string;
  readonly value?: ValueKind;
  /** May be given several times. */
  readonly repeatable?: true;
  /** A second spelling, accepted and completed but not shown. */
  readonly alias?: string;
}

export const optionRows: readonly OptionRow[] = [
  {
    flags: "-p, --procs <n|auto>",
    group: "Workers",
    value: "procs",
    help: "workers here; auto: 1 per core (default: none)",
  },
  {
    flags: "--machinefile <file>",
    group: "Workers",
    value: "machinefile",
    alias: "--machine-file",
    help: "SSH workers, a machine a line (default: none)",
  },
  {
    flags: "--manager <name|module>",
    group: "Workers",
    value: "manager",
    help: "local, ssh, slurm, mpi or a module (default: local)",
  },
  {
    flags: "--manager-opt <key=value>",
    group: "Workers",
    value: "text",
    repeatable: true,
    help: "an option of the manager, repeatable",
  },
  { flags: "--print-job", group: "Workers", help: "show what --manager slurm submits" },
  { flags: "--strict", group: "Workers", help: "all workers must start, else status 3" },
  {
    flags: "-L, --load <file>",
    group: "Code",
    value: "file",
    repeatable: true,
    help: "load on every process, in order, repeatable",
  },
  { flags: "-e, --eval <code>", group: "Code", value: "text", help: "run code, macros allowed" },
  { flags: "-E, --print <code>", group: "Code", value: "text", help: "run code and print its value" },
  { flags: "-i, --interactive", group: "Code", help: "prompt after the driver or -e" },
  { flags: "--no-startup", group: "Code", help: "leave ~/.config/tjl/startup.ts out" },
  { flags: "-q, --quiet", group: "Other", help: "no banner at the prompt" },
  { flags: "--color", group: "Other", help: "colours (default: on a terminal)" },
  { flags: "--no-color", group: "Other", help: "no colours" },
  {
    flags: "--worker [cookie]",
    group: "Being a worker",
    value: "text",
    help: "be a worker (default: cookie on stdin)",
  },
  {
    flags: "--bind-to <addr[:port]>",
    group: "Being a worker",
    value: "address",
    help: "where it listens (default: 127.0.0.1, any port)",
  },
  {
    flags: "--cookie-file <file>",
    group: "Being a worker",
    value: "file",
    help: "its cookie, in a file of mode 0600",
  },
  { flags: "-h, --help", group: "Other", help: "show this" },
  { flags: "-v, --version", group: "Other", help: "show the version" },
];

export interface CommandRow {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
}

/** Words that are commands where a driver would stand. */
export const commandRows: readonly CommandRow[] = [
  { name: "doctor", usage: "doctor", help: "check this machine and the machines of --machinefile" },
  { name: "completion", usage: "completion <bash|zsh|fish>", help: "print a script that completes tjl's words" },
  { name: "help", usage: "help <topic>", help: "explain machinefile, prompt, environment or exit-status" },
];

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** The option as typed, without its value: ["-p", "--procs"]. */
export function spellings(row: OptionRow): string[] {
  const names = row.flags.split(/,?\s+/).filter((word) => word.startsWith("-"));
  return row.alias ? [...names, row.alias] : names;
}

/** Whether a value must follow. */
export function takesValue(row: OptionRow): boolean {
  return row.flags.includes("<");
}
