/** Help for macros and for what only the prompt has. Text only. */
import { entry, type HelpTexts } from "./help-entry.ts";

export const promptTexts: HelpTexts = {
  "@everywhere": entry(
    "@everywhere statement   @everywhere [pids] statement",
    "Runs a statement, block, import or definition on every process, or on those listed.",
    ["@everywhere const id = myid()", '@everywhere import { join } from "node:path"'],
    "Names that it makes are looked up where a function runs; other variables of the prompt are sent with their value.",
  ),
  "@spawnat": entry(
    "@spawnat pid expression",
    "Runs the expression on a process; a reference to its value, at once.",
    ["r = @spawnat 2 1 + 1", "await fetch(@spawnat 2 myid())"],
    "The process ends at the first blank outside brackets: @spawnat (p + 1) expression.",
  ),
  "@spawn": entry(
    "@spawn expression",
    "Runs the expression on some worker, where its data is if it names a reference.",
    ["r = @spawn myid()", "const both = [@spawn 1, @spawn 2]"],
    "The expression runs to its end: @spawn f(1) + 1 adds on the worker.",
  ),
  "@fetch": entry(
    "@fetch expression",
    "Runs the expression on some worker and brings its value here.",
    ["@fetch myid()", "const x = @fetch 1 + 1"],
    "It waits: two of them run one after the other.",
  ),
  "@fetchfrom": entry(
    "@fetchfrom pid expression",
    "Runs the expression on a process and brings its value here.",
    ["@fetchfrom 2 myid()", "const x = @fetchfrom 2 process.pid"],
    "The value is a copy.",
  ),
  "@async": entry(
    "@async expression",
    "Starts a task on this process; at the prompt it goes on while you type.",
    ["t = @async 1 + 1", "await @async 5"],
    "It shares this thread: it runs when others wait.",
  ),
  "@sync": entry(
    "@sync statement",
    "Waits for all calls, loops and tasks started inside.",
    ["@sync { @spawn 1; @async 2 }", "@sync @parallel for (const i of range(4)) i"],
    "All errors come together.",
  ),
  "@parallel": entry(
    "@parallel (op) for (const i of range) body   @parallel for …",
    "A loop split among the workers; with an operator or function in brackets its values are reduced to one.",
    ["@parallel (+) for (const i of range(101)) i", "@parallel (max) for (let i = 0; i < 10; i++) i"],
    "Without a reducer it gives references at once: @sync waits.",
  ),
  "@time": entry(
    "@time expression",
    "The value, and on stderr how long it took.",
    ["@time 1 + 1", "@time @fetch myid()"],
    "The first run of a function also pays for sending and compiling it.",
  ),
  status: entry(
    "status(): Promise<StatusRow[]>",
    "A table of the processes: host, state, memory, CPU, what runs.",
    ["status()", "(await status()).length"],
    "CPU is the share since the last look.",
  ),
  whos: entry(
    "whos(pid = 1): Promise<Variable[]>",
    "The names of yours on a process, with types and sizes.",
    ["whos(2)", "(await whos(2)).map(v => v.name)"],
    "Sizes of nested values are estimates.",
  ),
  exit: entry(
    "exit(status = 0)",
    "Leaves the prompt; the workers end.",
    [".exit", "typeof exit"],
    "Ctrl-D asks when work is running; this does not.",
  ),
  ans: entry(
    "ans",
    "The last value that was shown.",
    ["ans", "typeof ans"],
    "A value that is undefined leaves it as it was.",
  ),
  err: entry("err", "The last error.", ["err", "typeof err"], "Ctrl-C does not set it."),
  remotecall_fetch: entry(
    "remotecall_fetch(pid, f, ...args): Promise",
    "Julia's spelling of remotecallFetch, at the prompt.",
    ["remotecall_fetch(2, myid)", "remotecall_fetch(2, Math.max, 1, 2)"],
    "In files write remotecallFetch.",
  ),
  remotecall_wait: entry(
    "remotecall_wait(pid, f, ...args): Promise<RemoteRef>",
    "Julia's spelling of remotecallWait, at the prompt.",
    ["remotecall_wait(2, myid)", "typeof remotecall_wait"],
    "In files write remotecallWait.",
  ),
};
