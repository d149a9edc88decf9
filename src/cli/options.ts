/** The command line, read: options with their values checked, or what is wrong with it and what to do. Pure. */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { commandRows, type OptionRow, optionRows, type Shell, shells, spellings } from "./option-table.ts";

/** What tjl is asked to do with code and workers. */
export interface RunOptions {
  procs: number | "auto" | undefined;
  machinefile: string | undefined;
  manager: string | undefined;
  managerOptions: Record<string, string>;
  strict: boolean;
  load: readonly string[];
  /** Code of -e and -E, in the order given. */
  code: readonly { text: string; print: boolean }[];
  interactive: boolean;
  startup: boolean;
  quiet: boolean;
  color: boolean | undefined;
  /** The driver; "-" is standard input. */
  driver: string | undefined;
  /** The words after the driver, or after -e. */
  words: readonly string[];
}

export type CommandLine =
  | { kind: "run"; options: RunOptions }
  | { kind: "help"; topic: string | undefined }
  | { kind: "version" }
  | { kind: "completion"; shell: Shell }
  | { kind: "doctor"; options: RunOptions }
  | { kind: "printJob"; options: RunOptions }
  /** Only where other options stand before --worker; main.ts looks at the first word itself. */
  | { kind: "worker" };

interface Parsed {
  procs?: number | "auto";
  machinefile?: string;
  manager?: string;
  managerOpt?: string[];
  printJob?: boolean;
  strict?: boolean;
  load?: string[];
  interactive?: boolean;
  startup: boolean;
  quiet?: boolean;
  color?: boolean;
  worker?: string | true;
  help?: boolean;
  version?: boolean;
}

/** Reads the words after `tjl`. Throws a UsageError whose text says what to do. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const code: { text: string; print: boolean }[] = [];
  const command = commandFor(code);
  try {
    command.parse(aliased(argv), { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) throw usageError(error);
    throw error;
  }
  const parsed = command.opts<Parsed>();
  if (parsed.help) return { kind: "help", topic: undefined };
  if (parsed.version) return { kind: "version" };
  if (parsed.worker !== undefined) return { kind: "worker" };
  const options = runOptions(parsed, code, command.args);
  if (parsed.printJob) return { kind: "printJob", options: checked(options) };
  return commandNamed(options) ?? { kind: "run", options: checked(options) };
}

function commandFor(code: { text: string; print: boolean }[]): Command {
  const command = new Command("tjl")
    .argument("[driver]")
    .argument("[words...]")
    .passThroughOptions()
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} });
  for (const row of optionRows) command.addOption(optionOf(row));
  command.on("option:eval", (text: string) => code.push({ text, print: false }));
  command.on("option:print", (text: string) => code.push({ text, print: true }));
  return command;
}

function optionOf(row: OptionRow): Option {
  const option = new Option(row.flags, row.help);
  if (row.value === "procs") option.argParser(procsOf);
  else if (row.flags.startsWith("--manager-opt")) option.argParser(collectPair);
  else if (row.repeatable) option.argParser(collect);
  return option;
}

/** Second spellings, and Julia's `-p` with the number in the same word as `--procs`. */
function aliased(argv: readonly string[]): string[] {
  const words = [...argv];
  for (const [i, word] of words.entries()) {
    if (word === "--") break;
    const row = optionRows.find(({ alias }) => alias !== undefined && (word === alias || word.startsWith(`${alias}=`)));
    if (row?.alias) words[i] = (spellings(row)[0] as string) + word.slice(row.alias.length);
  }
  return words;
}

function procsOf(text: string): number | "auto" {
  if (text === "auto") return text;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 100_000) return count;
  throw new InvalidArgumentError(
    text === "0"
      ? "For no workers leave it out; for one per core: -p auto."
      : "It is a number from 1 up, or auto: -p 4.",
  );
}

function collect(text: string, before: string[] = []): string[] {
  return [...before, text];
}

function collectPair(text: string, before: string[] = []): string[] {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError("It is key=value, as in: --manager-opt partition=short.");
  return [...before, text];
}

function runOptions(parsed: Parsed, code: RunOptions["code"], args: readonly string[]): RunOptions {
  const pairs = (parsed.managerOpt ?? []).map((pair) => {
    const equals = pair.indexOf("=");
    return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
  });
  const hasDriver = code.length === 0 && args.length > 0;
  return {
    procs: parsed.procs,
    machinefile: parsed.machinefile,
    manager: parsed.manager,
    managerOptions: Object.fromEntries(pairs),
    strict: parsed.strict ?? false,
    load: parsed.load ?? [],
    code,
    interactive: parsed.interactive ?? false,
    startup: parsed.startup,
    quiet: parsed.quiet ?? false,
    color: parsed.color,
    driver: hasDriver ? args[0] : undefined,
    words: hasDriver ? args.slice(1) : args,
  };
}

function commandNamed(options: RunOptions): CommandLine | undefined {
  const { driver, words } = options;
  if (!commandRows.some(({ name }) => name === driver)) return undefined;
  if (driver === "doctor") return { kind: "doctor", options };
  if (driver === "help") return { kind: "help", topic: words[0] };
  const shell = shells.find((name) => name === words[0]);
  if (shell) return { kind: "completion", shell };
  const found = words[0] === undefined ? "" : `, not ${words[0]}`;
  throw new UsageError(`completion is for ${shells.join(", ")}${found}\n  try: tjl completion bash`);
}

function checked(options: RunOptions): RunOptions {
  if (Object.keys(options.managerOptions).length > 0 && options.manager === undefined) {
    throw new UsageError(
      "--manager-opt needs a manager\n  try: tjl --manager slurm --manager-opt partition=short -p 8",
    );
  }
  return options;
}

/** What commander says, as people say it, with what to do. */
function usageError(error: CommanderError): UsageError {
  const message = error.message.replace(/^error: /, "");
  const unknown = /^unknown option '([^']+)'/.exec(message)?.[1];
  if (unknown !== undefined) return unknownOption(unknown);
  const missing = /^option '([^']+)' argument missing/.exec(message)?.[1];
  if (missing !== undefined) return new UsageError(`${withoutValue(missing)} needs a value\n  try: tjl --help`);
  const invalid = /^option '([^']+)' argument '(.*)' is invalid\. (.*)$/s.exec(message);
  if (invalid)
    return new UsageError(`${withoutValue(invalid[1] as string)} cannot be "${invalid[2]}"\n  ${invalid[3]}`);
  return new UsageError(`${message}\n  try: tjl --help`);
}

/** "-p, --procs <n|auto>" without its value. */
function withoutValue(flags: string): string {
  return flags.replace(/ [<[].*$/, "");
}

function unknownOption(option: string): UsageError {
  const word = option.split("=", 1)[0] as string;
  const near = nearest(
    word,
    optionRows.flatMap((row) => spellings(row).filter((name) => name.startsWith("--"))),
  );
  return new UsageError(`unknown option ${word}\n  ${near ? `did you mean ${near}?` : "try: tjl --help"}`);
}
