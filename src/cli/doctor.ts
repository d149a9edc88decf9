/** `tjl doctor`: looks at this machine and at those of a machine file, changes nothing, and says of each problem what to try. */
import { accessSync, constants, readdirSync, readFileSync, statfsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { UsageError } from "../errors.ts";
import type { MachineFacts, MachineReport } from "../managers/check-machine.ts";
import { packageRoot, version } from "../package.ts";
import { coloursOn } from "./endings.ts";
import { parseCommandLine, type RunOptions } from "./options.ts";

export type Verdict = "ok" | "warning" | "problem";

export interface Finding {
  verdict: Verdict;
  /** The machine, program or thing that was looked at. */
  what: string;
  text: string;
  /** What to try. */
  hint?: string | undefined;
}

/** Prints the findings. The exit status is 1 when there is a problem. */
export async function doctor(options: RunOptions): Promise<void> {
  const { asJson, machinefile, managerOptions } = readWords(options);
  const show = asJson ? () => {} : (finding: Finding) => process.stdout.write(line(finding));
  const findings: Finding[] = [];
  const found = (finding: Finding) => {
    findings.push(finding);
    show(finding);
  };
  for (const finding of [programHere(), terminal(), sharedMemory()]) found(finding);
  found(await slurmHere());
  if (machinefile) await machines(machinefile, managerOptions, found);
  const count = (verdict: Verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  const problems = count("problem");
  const warnings = count("warning");
  if (asJson) {
    const report = {
      tjulia: version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      problems,
      warnings,
    };
    process.stdout.write(`${anonymous(JSON.stringify({ ...report, findings }, null, 2))}\n`);
  } else process.stdout.write(`${summary(problems, warnings)}\n`);
  process.exitCode = problems > 0 ? 1 : 0;
}

function readWords(options: RunOptions): {
  asJson: boolean;
  machinefile?: string | undefined;
  managerOptions: Record<string, string>;
} {
  const asJson = options.words.includes("--json");
  const rest = parseCommandLine(options.words.filter((word) => word !== "--json"));
  if (rest.kind !== "run" || rest.options.driver !== undefined) {
    throw new UsageError("doctor takes --machinefile and --json\n  try: tjl doctor --machinefile lab.txt");
  }
  const machinefile = rest.options.machinefile ?? options.machinefile;
  return { asJson, machinefile, managerOptions: { ...options.managerOptions, ...rest.options.managerOptions } };
}

function programHere(): Finding {
  const require = createRequire(join(packageRoot, "package.json"));
  const missing = ["oxc-transform", "numpy-ts", "ssh2", "execa"].filter(
    (name) => !canLoad(() => require.resolve(name)),
  );
  const hasKoffi = canLoad(() => require("koffi"));
  const text = `tjulia ${version}, Node ${process.versions.node}, ${process.platform}-${process.arch}`;
  if (missing.length > 0) {
    return {
      verdict: "problem",
      what: "program",
      text: `${text}; missing: ${missing.join(", ")}`,
      hint: "npm install, without --omit=optional",
    };
  }
  if (!hasKoffi) {
    return {
      verdict: "warning",
      what: "program",
      text: `${text}; no koffi, so no shared arrays`,
      hint: "npm install koffi",
    };
  }
  return { verdict: "ok", what: "program", text: `${text}, all packages there` };
}

function canLoad(load: () => unknown): boolean {
  try {
    load();
    return true;
  } catch {
    return false;
  }
}

function terminal(): Finding {
  if (!process.stdout.isTTY) return { verdict: "ok", what: "terminal", text: "none: output goes to a file or pipe" };
  const unicode = /UTF-?8/i.test(process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || "")
    ? "Unicode"
    : "no Unicode";
  const colour = coloursOn("stdout") ? "colour" : "no colour";
  const text = `${colour}, ${unicode}, ${process.stdout.columns} columns`;
  const state = process.env.XDG_STATE_HOME || join(homedir(), ".local/state");
  if (isWritable(state)) return { verdict: "ok", what: "terminal", text: `${text}, history can be written` };
  return {
    verdict: "warning",
    what: "terminal",
    text: `${text}; the history in ${state} cannot be written`,
    hint: `ls -ld ${state}`,
  };
}

/** The folder, or the first one above it that is there. */
function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch (error) {
    const parent = dirname(folder);
    return (error as NodeJS.ErrnoException).code === "ENOENT" && parent !== folder && isWritable(parent);
  }
}

function sharedMemory(): Finding {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    const left = readdirSync("/dev/shm").filter((name) => name.startsWith("tjl"));
    const free = `${((bavail * bsize) / 2 ** 30).toFixed(1)} GiB free`;
    if (left.length === 0) return { verdict: "ok", what: "shared memory", text: `${free}, no leftovers` };
    return {
      verdict: "warning",
      what: "shared memory",
      text: `${free}, ${left.length} leftovers`,
      hint: "rm /dev/shm/tjl*   when no tjl runs",
    };
  } catch {
    return { verdict: "ok", what: "shared memory", text: "no /dev/shm here; shared arrays use files" };
  }
}

async function slurmHere(): Promise<Finding> {
  const { slurmVersion } = await import("../managers/slurm-command.ts");
  const slurm = await slurmVersion();
  if (!slurm) return { verdict: "ok", what: "Slurm", text: "not here" };
  const { text, partitions } = slurm;
  if (partitions.length > 0)
    return { verdict: "ok", what: "Slurm", text: `${text}, partitions ${partitions.join(", ")}` };
  return { verdict: "warning", what: "Slurm", text: `${text}, but sinfo tells of no partition`, hint: "sinfo" };
}

async function machines(
  file: string,
  managerOptions: Record<string, string>,
  found: (finding: Finding) => void,
): Promise<void> {
  const { parseMachineFile } = await import("../managers/machinefile.ts");
  const { checkMachine } = await import("../managers/check-machine.ts");
  if (process.stderr.isTTY) (await import("./ask-terminal.ts")).askAtTerminal();
  const machines = parseMachineFile(readFileSync(file, "utf8"), file);
  const words = (text: string | undefined) => text?.split(/\s+/).filter(Boolean);
  const { sshflags, sshcmd, shell } = managerOptions;
  const reports = machines.map((machine) =>
    checkMachine(machine, { flags: words(sshflags), sshcmd: words(sshcmd), shell }),
  );
  for (const report of reports) for (const finding of findingsOf(await report)) found(finding);
}

/** What a machine's report comes to. Pure. */
export function findingsOf({ host, failure, facts }: MachineReport): Finding[] {
  if (failure)
    return [{ verdict: "problem", what: host, text: `${failure.stage}: ${failure.reason}`, hint: failure.hint }];
  if (!facts) return [];
  const findings: Finding[] = [{ verdict: "ok", what: host, text: described(facts) }];
  if (typeof facts.there === "string") {
    findings.push({
      verdict: "warning",
      what: host,
      text: `no way straight to a port there (${facts.there})`,
      hint: "--manager ssh --manager-opt tunnel=true",
    });
  }
  if (Math.abs(facts.clockMs) > 2000) {
    findings.push({
      verdict: "warning",
      what: host,
      text: `its clock is ${seconds(facts.clockMs)} s off`,
      hint: "is time synchronised there?",
    });
  }
  return findings;
}

function described(facts: MachineFacts): string {
  const programs = {
    installed: "tjulia installed alike",
    kept: "tjulia kept from before",
    missing: "tjulia will be sent at start",
  };
  const way = (name: string, took: number | string) => `${name} ${typeof took === "number" ? `${ms(took)} ms` : took}`;
  return [
    `login ${Math.round(facts.loginMs)} ms`,
    `Node ${facts.node}`,
    facts.platform,
    `${facts.cores} cores`,
    programs[facts.program],
    `clock ${facts.clockMs < 0 ? "" : "+"}${seconds(facts.clockMs)} s`,
    `round trip ${ms(facts.roundTripMs)} ms`,
    way("straight there", facts.there),
    way("and back", facts.back),
  ].join(" · ");
}

const ms = (value: number) => value.toFixed(1);
const seconds = (value: number) => (value / 1000).toFixed(1);

function line({ verdict, what, text, hint }: Finding): string {
  const marks = { ok: ["✓", 32], warning: ["!", 33], problem: ["✗", 31] } as const;
  const [mark, colour] = marks[verdict];
  const shown = coloursOn("stdout") ? `\x1b[${colour}m${mark}\x1b[39m` : mark;
  return `${shown} ${what}   ${text}\n${hint ? `    try: ${hint}\n` : ""}`;
}

function summary(problems: number, warnings: number): string {
  if (problems + warnings === 0) return "All is well.";
  const some = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
  return `${some(problems, "problem")}, ${some(warnings, "warning")}.   tjl doctor --json for a report to send`;
}

/** Names of users and folders are nobody's business. */
function anonymous(text: string): string {
  const { username } = userInfo();
  const shown = text.replaceAll(homedir(), "~");
  return shown.replace(new RegExp(`\\b${username}\\b`, "g"), "user");
}
