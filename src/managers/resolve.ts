/** From the options of the command line to managers: `-p`, `--machinefile`, `--manager` and its options. */
import { readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../errors.ts";
import { importModule } from "../runtime/closures/modules.ts";
import type { ClusterManager } from "../runtime/cluster/cluster-manager.ts";
import { LocalManager } from "./local.ts";
import { type Machine, parseMachineFile } from "./machinefile.ts";

export interface ManagerOptions {
  procs?: number | "auto" | undefined;
  machinefile?: string | readonly string[] | undefined;
  /** "local", "ssh", "slurm", "mpi", or a module whose default export is a ClusterManager class. */
  manager?: string | undefined;
  /** What `--manager-opt` said. */
  managerOpts?: Readonly<Record<string, string>>;
}

/** The managers that were asked for, in the order in which they are to start. Throws a UsageError for what has no meaning. */
export async function managersFromOptions(options: ManagerOptions): Promise<ClusterManager[]> {
  const { procs, manager, managerOpts = {} } = options;
  const files = typeof options.machinefile === "string" ? [options.machinefile] : (options.machinefile ?? []);
  const machines = files.flatMap(readMachineFile);
  if (manager === "ssh") return [await sshManager(machines, procs, managerOpts)];
  const managers: ClusterManager[] = [];
  if (manager !== undefined) managers.push(await managerNamed(manager, procs, managerOpts));
  else if (procs !== undefined) managers.push(new LocalManager({ count: procs }));
  if (machines.length > 0) managers.push(await sshManager(machines, undefined, {}));
  return managers;
}

/** The script that the manager would submit. Throws a UsageError for managers that submit nothing. */
export async function scriptOfJob(options: ManagerOptions): Promise<string> {
  const [manager] = options.manager === undefined ? [] : await managersFromOptions(options);
  if (manager && "jobScript" in manager) return (manager as { jobScript(): string }).jobScript();
  throw new UsageError(
    "--print-job goes with a manager that submits a job\n  try: tjl --print-job --manager slurm -p 8",
  );
}

function readMachineFile(file: string): Machine[] {
  try {
    return parseMachineFile(readFileSync(file, "utf8"), file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `machine file ${file}: ${(error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : (error as Error).message}`,
    );
  }
}

/** With `-p`, so many workers on each machine that does not say how many. */
async function sshManager(
  machines: readonly Machine[],
  procs: number | "auto" | undefined,
  opts: Readonly<Record<string, string>>,
): Promise<ClusterManager> {
  const { machines: named, tunnel, sshcmd, sshflags, maxParallel, shell, ...unknown } = opts;
  refuseUnknown("ssh", unknown, ["machines", "tunnel", "sshcmd", "sshflags", "maxParallel", "shell"]);
  const { SSHManager } = await import("./ssh.ts");
  const { parseMachine } = await import("./machinefile.ts");
  const all = [...machines, ...(named?.split(",").map((text) => parseMachine(text)) ?? [])];
  if (all.length === 0) {
    throw new UsageError(
      "the ssh manager needs machines\n  try: --machinefile lab.txt, or --manager-opt machines=lab1,lab2",
    );
  }
  return new SSHManager({
    machines: all.map((machine) =>
      procs !== undefined && machine.count === 1 ? { ...machine, count: procs } : machine,
    ),
    tunnel: tunnel === "all" ? "all" : flag("tunnel", tunnel),
    sshcmd,
    sshflags,
    maxParallel: maxParallel === undefined ? undefined : Number(maxParallel),
    shell,
  });
}

async function managerNamed(
  name: string,
  procs: number | "auto" | undefined,
  opts: Readonly<Record<string, string>>,
): Promise<ClusterManager> {
  if (name === "local") {
    refuseUnknown("local", opts, []);
    return new LocalManager({ count: procs ?? "auto" });
  }
  if (name === "slurm") {
    const { SlurmManager } = await import("./slurm.ts");
    if (procs === "auto")
      throw new UsageError("with --manager slurm, -p is a number; without it all tasks of the allocation are used");
    return new SlurmManager({ ...opts, ...(procs !== undefined && { count: procs }) });
  }
  if (name === "mpi") {
    const { MPIManager } = await import("./mpi.ts");
    if (procs === "auto") throw new UsageError("with --manager mpi, -p is a number");
    return new MPIManager({ ...opts, ...(procs !== undefined && { count: procs }) });
  }
  if (!/[./:@]/.test(name))
    throw new UsageError(`there is no manager ${name}; there are local, ssh, slurm, mpi, and modules: ./${name}.ts`);
  return managerFromModule(name, procs, opts);
}

async function managerFromModule(
  name: string,
  procs: number | "auto" | undefined,
  opts: Readonly<Record<string, string>>,
): Promise<ClusterManager> {
  const isFile = name.startsWith(".") || isAbsolute(name) || /\.[cm]?[jt]s$/.test(name);
  const url = isFile ? pathToFileURL(resolve(name)).href : name;
  const module = (await importModule(url)) as { default?: unknown };
  const Manager = module.default as (new (options: object) => ClusterManager) | undefined;
  if (typeof Manager !== "function" || typeof Manager.prototype?.launch !== "function") {
    throw new UsageError(`manager ${name}: its default export is no class with launch() and manage()`);
  }
  return new Manager({ ...opts, ...(procs !== undefined && { count: procs }) });
}

function flag(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (/^(true|yes|1|)$/.test(text)) return true;
  if (/^(false|no|0)$/.test(text)) return false;
  throw new UsageError(`--manager-opt ${name} is true or false, not "${text}"`);
}

function refuseUnknown(manager: string, unknown: object, known: readonly string[]): void {
  const [name] = Object.keys(unknown);
  if (name === undefined) return;
  const there = known.length > 0 ? `; there are ${known.join(", ")}` : "; it has none";
  throw new UsageError(`the ${manager} manager has no option ${name}${there}`);
}
