/** Runs what the command line asks for, in this order: workers, -L files, the code or the driver, the prompt. */
import { InterruptError, UsageError } from "../errors.ts";
import { publicNames } from "../runtime/worker/public-names.ts";
import { coloursOn, endWith, exit, Status, setColour, tell, untilSettled, watchUncaught } from "./endings.ts";
import { endOnInterrupt, leaveInterrupt } from "./interrupt-key.ts";
import type { RunOptions } from "./options.ts";
import type { Program, ProgramSettings } from "./program.ts";

/** What runs between the -L files and the prompt. */
type Job = { kind: "program"; program: Program } | { kind: "driver"; path: string } | { kind: "none" };

export async function run(options: RunOptions): Promise<void> {
  setColour(options.color);
  watchUncaught();
  const job = await jobOf(options);
  // At the prompt the code of -e is the first entry, so that its names are there.
  if (job.kind === "none" || (job.kind === "program" && options.interactive)) {
    return prompt(options, await loadPaths(options), job);
  }

  const mayBePlain = !hasCluster(options);
  if (job.kind === "program" && mayBePlain) {
    process.argv = [process.execPath, job.program.name, ...options.words];
    return runProgram(job.program, { mayBePlain, libraryNames: publicNames, prepareModules: becomeMaster });
  }

  const paths = await loadPaths(options);
  if (job.kind === "driver" && mayBePlain && !options.interactive) await openLater(job.path);
  else await openCluster(options, paths, job);
  if (job.kind === "program") {
    process.argv = [process.execPath, job.program.name, ...options.words];
    await runProgram(job.program, { mayBePlain, libraryNames: publicNames, prepareModules: async () => {} });
  } else {
    const { runDriver } = await import("./driver.ts");
    const file = options.driver as string;
    await untilSettled(file, runDriver(job.path, options.words)).catch((error) => endWith(error));
  }
  if (options.interactive) await prompt(options, paths, job);
}

/** The prompt starts without what programs need. */
async function runProgram(program: Program, settings: ProgramSettings): Promise<void> {
  const programs = await import("./program.ts");
  return programs.runProgram(program, settings);
}

async function jobOf(options: RunOptions): Promise<Job> {
  const { code, driver, interactive } = options;
  if (code.length > 0) {
    const text = code.map((part) => part.text).join("\n");
    return { kind: "program", program: { text, name: "[eval]", print: code.at(-1)?.print ?? false } };
  }
  if (driver !== undefined && driver !== "-") {
    const { existingFile } = await import("./driver.ts");
    const commands = async () => (await import("./option-table.ts")).commandRows.map(({ name }) => name);
    return { kind: "driver", path: await found(existingFile(driver, "the driver", commands)) };
  }
  if (driver === undefined && (interactive || process.getBuiltinModule("node:tty").isatty(0))) return { kind: "none" };
  return { kind: "program", program: { text: await standardInput(), name: "[stdin]", print: false } };
}

async function standardInput(): Promise<string> {
  let text = "";
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin) text += chunk;
  return text.replace(/^\ufeff/, "");
}

/** The -L files, which must be there before any worker is started. */
async function loadPaths({ load }: RunOptions): Promise<string[]> {
  if (load.length === 0) return [];
  const { existingFile } = await import("./driver.ts");
  const paths: string[] = [];
  for (const file of load) paths.push(await found(existingFile(file, "-L")));
  return paths;
}

/** A file that is not there: one line and status 1. */
async function found<T>(looking: Promise<T>): Promise<T> {
  try {
    return await looking;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    tell(error.message);
    process.exit(Status.THREW);
  }
}

function hasCluster({ procs, machinefile, manager, load }: RunOptions): boolean {
  return procs !== undefined || machinefile !== undefined || manager !== undefined || load.length > 0;
}

async function becomeMaster(): Promise<void> {
  const launch = await import("./launch.ts");
  launch.becomeMaster();
}

/** Workers first, then the -L files on all processes. Ends the process when that fails. */
async function openCluster(options: RunOptions, paths: readonly string[], job: Job): Promise<void> {
  if (options.procs !== undefined && options.manager === undefined) {
    const { startWorkersEarly } = await import("./early-workers.ts");
    startWorkersEarly(options.procs);
  }
  const { startWorkers, loadFiles } = await import("./launch.ts");
  await becomeMaster();
  endOnInterrupt();
  if (process.stderr.isTTY) (await import("./ask-terminal.ts")).askAtTerminal();
  const started = startWorkers(options).catch(endOfLaunch);
  await prepareFor(job); // while the workers start
  await started;
  leaveInterrupt();
  await loadFiles(paths).catch((error) => endWith(error));
}

/** A driver without workers may well use nothing of ours: what it does use is loaded then. */
async function openLater(path: string): Promise<void> {
  const [driver, { installWaitingNames }] = await Promise.all([import("./driver.ts"), import("./waiting-names.ts")]);
  installWaitingNames();
  driver.readyDriver(path);
}

/** Loads what the job needs to run, and Node's loader with TypeScript where it may load modules. */
async function prepareFor(job: Job): Promise<void> {
  const driver = await import("./driver.ts");
  if (job.kind === "program") {
    await import("./program.ts");
    if (!driver.mayLoadModules(job.program.text)) return;
  }
  if (job.kind !== "driver") return driver.prepareLoader();
  driver.readyDriver(job.path);
  (await import("../runtime/closures/peek.ts")).lookAhead();
}

async function endOfLaunch(error: unknown): Promise<never> {
  if (error instanceof InterruptError) return exit(Status.INTERRUPTED);
  if (!(error instanceof UsageError)) return endWith(error, Status.NO_WORKERS);
  tell(error.message);
  return exit(Status.USAGE);
}

/** Undefined where only the machines can tell. */
function workersAskedFor({ procs = 0, machinefile, manager }: RunOptions): number | undefined {
  return procs === "auto" || machinefile !== undefined || manager !== undefined ? undefined : procs;
}

/** Ctrl-C at a question of the start; the prompt goes on with the workers that there are. */
async function unlessGivenUp(error: unknown): Promise<void> {
  if (!(error instanceof InterruptError)) return endOfLaunch(error);
  tell("the start of workers was given up");
}

/** The prompt. It opens the cluster behind its first line, unless a driver has run in it before. */
async function prompt(options: RunOptions, paths: readonly string[], job: Job): Promise<never> {
  if (job.kind !== "driver") process.argv = [process.execPath, "[prompt]", ...options.words];
  const [{ startPrompt }, { version }] = await Promise.all([import("./repl/repl.ts"), import("../package.ts")]);
  const status = await startPrompt({
    version,
    quiet: options.quiet,
    color: coloursOn("stdout"),
    startup: options.startup,
    workers: workersAskedFor(options),
    // A semicolon keeps the prompt from showing the value.
    ...(job.kind === "program" && { first: job.program.print ? job.program.text : `${job.program.text}\n;` }),
    openCluster: async () => {
      const [{ localClusterView }, launch] = await Promise.all([
        import("./repl/local-cluster-view.ts"),
        import("./launch.ts"),
      ]);
      launch.becomeMaster();
      const isOpen = job.kind === "driver";
      // A failure to start ends the run; that of an -L file is told, and the prompt goes on.
      const opened = isOpen
        ? undefined
        : launch.startWorkers(options).catch(options.strict ? endOfLaunch : unlessGivenUp);
      const ready = Promise.resolve(opened).then(() => (isOpen ? undefined : launch.loadFiles(paths)));
      const { prepareLoader } = await import("./driver.ts");
      return { cluster: localClusterView(), ready, prepareLoader };
    },
  });
  return exit(status);
}
