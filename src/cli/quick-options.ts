/**
 * Reads the command lines that people type most, without commander, which takes a third of the time that `tjl -e 0` may take: -p, -L, -e,
 * -E, -i and -q, each in a word of its own, then the driver. Anything else, and all that is wrong, is left to options.ts; a test
 * compares the two.
 */
import type { RunOptions } from "./options.ts";

/** The options, or undefined when options.ts must look. */
export function quickOptions(argv: readonly string[]): RunOptions | undefined {
  const load: string[] = [];
  const code: { text: string; print: boolean }[] = [];
  let procs: RunOptions["procs"];
  let interactive = false;
  let quiet = false;
  let i = 0;
  for (; argv[i]?.startsWith("-") && argv[i] !== "-"; i++) {
    const option = argv[i];
    if (option === "-i") interactive = true;
    else if (option === "-q") quiet = true;
    else {
      const value = argv[++i];
      if (value === undefined) return undefined;
      if (option === "-p" && /^(?:auto|[1-9]\d{0,3})$/.test(value)) procs = value === "auto" ? value : Number(value);
      else if (option === "-L") load.push(value);
      else if (option === "-e" || option === "-E") code.push({ text: value, print: option === "-E" });
      else return undefined;
    }
  }
  const hasDriver = code.length === 0 && i < argv.length;
  if (hasDriver && /^[a-z]+$/.test(argv[i] as string)) return undefined; // perhaps a command
  return {
    procs,
    machinefile: undefined,
    manager: undefined,
    managerOptions: {},
    strict: false,
    load,
    code,
    interactive,
    startup: true,
    quiet,
    color: undefined,
    driver: hasDriver ? argv[i] : undefined,
    words: argv.slice(hasDriver ? i + 1 : i),
  };
}
