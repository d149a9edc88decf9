/** Help for processes, cluster managers and errors. Text only. */
import { entry, type HelpTexts } from "./help-entry.ts";

export const processTexts: HelpTexts = {
  myid: entry(
    "myid(): number",
    "The id of the process that asks. 1 is the prompt or driver.",
    ["myid()", "await remotecallFetch(2, () => myid())"],
    "Inside a function that travels it is the id of the process where it runs, not of the one that sent it.",
  ),
  procs: entry(
    "procs(): number[]",
    "The ids of all processes, this one's included.",
    ["procs()", "procs().length === nprocs()"],
    "Ids are never used again: after rmprocs(2), addprocs(1) does not give 2.",
  ),
  workers: entry(
    "workers(): number[]",
    "The ids of all processes but 1.",
    ["workers()", "await Promise.all(workers().map(p => remotecallFetch(p, myid)))"],
    "Without any worker it is [1], so that a loop over it does something.",
  ),
  nprocs: entry(
    "nprocs(): number",
    "How many processes there are, this one counted.",
    ["nprocs()", "splitrange(0, 100, nprocs())"],
    "With no workers it is 1, and so is nworkers().",
  ),
  nworkers: entry(
    "nworkers(): number",
    "How many workers there are; 1 when there are none, as workers() is [1] then.",
    ["nworkers()", "splitrange(0, 100, nworkers())"],
    "Workers that are still joining are not counted.",
  ),
  addprocs: entry(
    'addprocs(n | "auto" | machines | manager, options?): Promise<number[]>',
    "Starts workers and gives their ids: n local ones, machines by SSH, or those of a ClusterManager.",
    ["await addprocs(2)", 'await addprocs([["me@lab1", 4], "lab2"], { tunnel: true })'],
    "What was declared before is not on the new workers: names made with @everywhere must be made again.",
  ),
  rmprocs: entry(
    "rmprocs(...pids, { waitfor?: seconds, signal? }): Promise<void>",
    "Ends workers: what they do may take 5 s more, then it is interrupted.",
    ["await rmprocs(3)", "await rmprocs(2, 3, { waitfor: 5 })"],
    "Values that live on them are gone; a DArray with a piece there cannot be read any more.",
  ),
  interrupt: entry(
    "interrupt(...pids): Promise<void>",
    "Stops what runs on these workers, or on all; the processes and their variables stay.",
    ["await interrupt()", "await interrupt(2, 3)"],
    "Whoever waits for the call gets an InterruptError. Ctrl-C does the same for the entry that runs.",
  ),
  clusterReport: entry(
    "clusterReport(waitMs = 200): Promise<ReportRow[]>",
    "How each process is: memory, CPU time, references, the calls that run. status() shows it as a table.",
    ["await clusterReport()", "(await clusterReport()).map(row => row.rss)"],
    "A worker whose code does not yield cannot answer in time and is told as busy.",
  ),
  ClusterManager: entry(
    "abstract class ClusterManager { launch(params, launched, c); manage(id, config, op) }",
    "Subclass it to start workers in a way of your own, and hand an instance to addprocs.",
    ["ClusterManager.prototype", "LocalManager.prototype instanceof ClusterManager"],
    "launch must call c.notify() for each worker it pushes, or nobody looks before it ends.",
  ),
  LocalManager: entry(
    "new LocalManager({ count? })",
    "The manager of workers on this machine; addprocs(4) uses it.",
    ["await addprocs(new LocalManager({ count: 2 }))", "new LocalManager()"],
    "More workers than cores help only when they wait for something.",
  ),
  SSHManager: entry(
    "new SSHManager({ machines, tunnel?, sshcmd?, sshflags?, maxParallel?, shell? })",
    "The manager of workers on other hosts, reached by SSH; addprocs([…]) uses it.",
    [
      'await addprocs(new SSHManager({ machines: ["lab1", ["lab2", 4]] }))',
      'await addprocs(["lab1"], { tunnel: true })',
    ],
    "Host keys must be known: connect once with ssh first, or the machine is refused.",
  ),
  SlurmManager: entry(
    "new SlurmManager({ count?, partition?, account?, time?, nodes?, gres?, flags?, … })",
    "The manager of workers through Slurm: in the allocation there is, or in a job that is submitted and waited for.",
    ['await addprocs(new SlurmManager({ count: 8, time: "1:00:00" }))', "await addprocs(new SlurmManager())"],
    "Where a job is submitted the workers are there when it starts, which may take hours.",
  ),
  MPIManager: entry(
    "new MPIManager({ count?, mpiexec?, flags?, address?, port? })",
    "The manager of workers that mpiexec starts.",
    ['await addprocs(new MPIManager({ count: 8, flags: "--hostfile hosts.txt" }))', "new MPIManager()"],
    "mpiexec ends all workers when one of them is killed.",
  ),
  RemoteError: entry(
    "class RemoteError { pid; host; cause; remoteStack }",
    "A function threw on another process. `cause` is what it threw, with its class where that is known here.",
    ["err instanceof RemoteError", "err.cause"],
    "Test err.cause, not err, for the class of the user's own error.",
  ),
  ProcessExitedError: entry(
    "class ProcessExitedError { pid; host; exitCode; signal; lastLines; maybeRan }",
    "The process that was called has ended, is lost, or was never there.",
    ["err instanceof ProcessExitedError && err.signal", "err.lastLines"],
    "maybeRan: true means that the call may have done its work before the process ended.",
  ),
  LaunchError: entry(
    "class LaunchError { failures; started }",
    "Workers could not be started; one failure each, with the step, the reason and what to try.",
    ["err.failures", "err.started"],
    "Those in `started` did start and are there.",
  ),
  InterruptError: entry(
    "class InterruptError { pid }",
    "What ran was stopped: by interrupt(), Ctrl-C or an AbortSignal.",
    ["err instanceof InterruptError", "await remotecallFetch(2, () => 1).catch(e => e instanceof InterruptError)"],
    "A function that catches everything catches this too; throw it on.",
  ),
  SerializationError: entry(
    "class SerializationError { path }",
    "A value cannot travel; the text names the way to it, `use -> cfg -> .conn`.",
    ["err instanceof SerializationError", "err.path"],
    "It comes before anything is sent: open sockets and files where they are used.",
  ),
  UsageError: entry(
    "class UsageError",
    "A function was used in a way that has no meaning; the text says what to do.",
    ["err instanceof UsageError", "err.message"],
    "It is shown without a stack; err.stack has it.",
  ),
  TjuliaError: entry(
    "class TjuliaError { code }",
    "The class of all errors that tjulia makes; `code` can be looked up in docs/errors.md.",
    ["err instanceof TjuliaError", "err.code"],
    "What your own function threw is not one; RemoteError has it as cause.",
  ),
  ChannelClosedError: entry(
    "class ChannelClosedError",
    "The channel was closed: put at once, take when it is empty.",
    ["err instanceof ChannelClosedError", "const done = new Channel(1); done.close()"],
    "for await over a channel ends by itself and does not throw it.",
  ),
  QueueFullError: entry(
    "class QueueFullError",
    "A pool or worker has more waiting than its limit allows; nothing was sent.",
    ["err instanceof QueueFullError", "err.message"],
    "Wait for earlier calls, or use pmap, which never sends more than the workers take.",
  ),
};
