/** Help for calls, references, channels, tasks and loading code. Text only. */
import { entry, type HelpTexts } from "./help-entry.ts";

export const callTexts: HelpTexts = {
  remotecall: entry(
    "remotecall(pid, f, ...args): RemoteRef",
    "Calls f(...args) on a process and gives a reference to the result at once.",
    ["r = remotecall(2, rand, 2, 2)", "await fetch(remotecall(2, () => process.pid))"],
    "An error of f is told only when somebody fetches the reference or waits for it.",
  ),
  remotecallFetch: entry(
    "remotecallFetch(pid, f, ...args): Promise",
    "Calls f(...args) on a process and brings the value here: one round trip, no reference.",
    ["await remotecallFetch(2, Math.max, 1, 2)", "await remotecallFetch(2, getindex, [[1, 2]], 0, 1)"],
    "The value is a copy. Changing it changes nothing there.",
  ),
  remotecallWait: entry(
    "remotecallWait(pid, f, ...args): Promise<RemoteRef>",
    "Calls f(...args) on a process, waits for its end, and leaves the value there.",
    ["r = await remotecallWait(2, () => 6 * 7)", "(await remotecallWait(2, () => 1)).where"],
    "It rejects when f throws; remotecall does not.",
  ),
  remoteDo: entry(
    "remoteDo(pid, f, ...args): void",
    "Calls f(...args) on a process and forgets it.",
    ['remoteDo(2, () => console.log("hello"))', "remoteDo(2, console.log, [1, 2])"],
    "Nothing tells you that it has run; errors are printed where it ran.",
  ),
  spawnat: entry(
    "spawnat(pid, f): RemoteRef",
    "Runs f on a process and gives a reference at once. `@spawnat 2 expr` is spawnat(2, () => expr).",
    ["r = spawnat(2, () => 1 + 1)", "await fetch(@spawnat 2 myid())"],
    "In @spawnat the process ends at the first blank outside brackets: @spawnat (p + 1) expr.",
  ),
  spawn: entry(
    "spawn(f): RemoteRef",
    "Runs f where its first captured reference lives, else on the next worker in turn.",
    ["r = spawn(() => myid())", "await fetch(@spawn myid())"],
    "Two spawns may land on the same worker while another is free; a WorkerPool lends each worker once.",
  ),
  fetchfrom: entry(
    "fetchfrom(pid, f): Promise",
    "Runs f on a process and brings the value here. `@fetchfrom 2 expr` makes it.",
    ["await fetchfrom(2, () => myid())", "@fetchfrom 2 myid() + 1"],
    "The value is a copy of what is there.",
  ),
  everywhere: entry(
    "everywhere(f, { procs?, args?, signal? }): Promise<void>",
    "Runs f on every process, this one included. `@everywhere` runs a statement, and its names live everywhere from then on.",
    ["await everywhere(() => { globalThis.k = myid() })", "@everywhere const twice = (x: number) => 2 * x"],
    "Workers that join later do not have the names.",
  ),
  include: entry(
    "include(path): Promise<Module>",
    "Loads a file here; its exports become names of this process.",
    ['await include("./lib.ts")', 'const lib = await include("./lib.ts")'],
    "Functions of the file still travel: a worker loads the file itself when one arrives.",
  ),
  using: entry(
    "using(path): Promise<Module>",
    "Loads a file or package on every process; its names come into scope here only.",
    ['await using("./lib.ts")', 'await using("node:os")'],
    "The file must be there under the same path on every machine.",
  ),
  RemoteRef: entry(
    "new RemoteRef(pid = myid())",
    "A handle of a value that lives on some process: one slot, empty or full. Shown as RemoteRef(where,whence,id).",
    ["box = new RemoteRef(2)", "await put(box, 7); await fetch(box)"],
    "The value is freed when no process holds the reference; box.free() does it now.",
  ),
  fetch: entry(
    "fetch(ref, { signal? }): Promise",
    "Waits for the value and copies it here; anything else is given back as it is. `@fetch expr` spawns and fetches.",
    ["await fetch(remotecall(2, myid))", "await fetch(42)"],
    'fetch("https://…") is still the web\'s.',
  ),
  wait: entry(
    "wait(ref, { signal? }): Promise<ref>",
    "Waits until there is a value, moves nothing, gives the reference.",
    ["await wait(remotecall(2, myid))", "(await wait(@spawnat 2 1)).where"],
    "An error of the call is thrown here.",
  ),
  put: entry(
    "put(ref, value): Promise<ref>",
    "Stores a value in a reference or channel.",
    ["box = new RemoteRef(2); await put(box, 1)", "const c = new Channel(1); await put(c, 5)"],
    "It waits while the slot is full; only take makes room.",
  ),
  take: entry(
    "take(ref): Promise",
    "Waits for a value and removes it.",
    [
      "box = new RemoteRef(2); await put(box, 1); await take(box)",
      "const c = new Channel(1); await put(c, 5); await take(c)",
    ],
    "One of several that wait gets the value; fetch leaves it for the others.",
  ),
  isready: entry(
    "isready(ref): Promise<boolean>",
    "Whether there is a value now.",
    ["await isready(remotecall(2, myid))", "await timedwait(() => isready(new RemoteRef(2)), 0.1)"],
    "True may be out of date at once, when others take.",
  ),
  getindex: entry(
    "getindex(ref, ...indexes): Promise",
    "An element or slice, cut out where the value lives.",
    ["await getindex(remotecall(2, () => [[1, 2], [3, 4]]), 1, 0)", "await remotecallFetch(2, getindex, [5, 6], 1)"],
    "Indexes start at 0, and ranges are half open.",
  ),
  Channel: entry(
    "new Channel<T>(capacity = 0)",
    "A queue between tasks of this process: put, take, fetch, isready, close, for await.",
    ["const c = new Channel<number>(3); await c.put(1); await c.take()", "const d = new Channel(1); d.close()"],
    "Capacity 0 is a rendezvous: put waits for a take. Await it in a task.",
  ),
  RemoteChannel: entry(
    "new RemoteChannel<T>(() => new Channel<T>(n), pid = myid())",
    "A channel that lives on a process and is used from any.",
    [
      "const jobs = new RemoteChannel<number>(() => new Channel<number>(10), 1)",
      "await jobs.put(1); await jobs.take()",
    ],
    "It lives as long as its process. Put it on 1 when workers come and go.",
  ),
  Condition: entry(
    "new Condition()",
    "Tasks wait for an event: wait() and notify(value?), which wakes all that wait.",
    ["const c = new Condition(); const w = c.wait(); c.notify(5); await w", "new Condition().notify()"],
    "notify with nobody waiting is lost; it is not remembered.",
  ),
  sync: entry(
    "sync(block): Promise",
    "Waits for every call, spawn, loop and task started in the block; gives the block's value.",
    ["await sync(() => { spawn(() => 1); spawn(() => 2) })", "@sync { @async 1; @spawn 2 }"],
    "Several errors come together as an AggregateError.",
  ),
  task: entry(
    "task(fn): Promise",
    "Runs fn on this process after the current code has yielded: Julia's @async.",
    ["await task(() => 1 + 1)", "t = @async 5;"],
    "It runs on the same thread: code that does not await holds all others up.",
  ),
  timedwait: entry(
    'timedwait(test, seconds): Promise<"ok" | "timed_out">',
    "Asks test again and again until it is true or the time is over.",
    ["await timedwait(() => true, 1)", "await timedwait(() => isready(new RemoteRef(2)), 0.2)"],
    "It does not throw when time is over: look at what it gives.",
  ),
  withSignal: entry(
    "withSignal(signal, fn)",
    "Calls made inside, and what they call, stop when the signal is aborted, on the workers too.",
    [
      "await withSignal(AbortSignal.timeout(1000), () => remotecallFetch(2, myid))",
      "withSignal(new AbortController().signal, () => 1)",
    ],
    "It stops calls, not a loop that runs here without awaiting.",
  ),
};
