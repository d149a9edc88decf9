/**
 * A thread beside a worker's main thread: it hears the master when the main thread does not, because its code does not yield. Answers lines
 * with lines, on a socket of its own, after the handshake:
 *
 *   stop <order> [<from> <id>]   stops what runs, or only that call: by a signal where it runs in a guard, else through the inspector;
 *                                then the stack is gone, no `finally` runs, and the runtime answers whoever waited
 *   report                       memory, CPU time, and what runs
 *   lifeline                     this connection lives as long as the master and the way to it do; with it the worker ends, busy or not
 */
import { chmodSync, readFileSync } from "node:fs";
import { Session } from "node:inspector";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { type CallName, isSame, readRunning, readSignal } from "../calls/now-running.ts";
import type { ControlReport, RunningInfo } from "../cluster/member.ts";
import { signalCall } from "../cluster/signal-call.ts";
import { greet } from "../wire/handshake.ts";
import { listenOnPath } from "../wire/listen-on-path.ts";
import { sourceOf } from "../wire/source.ts";
import { Answer, Cell, type ControlData } from "./control-data.ts";

/** After its master is gone, a worker that is not busy ends by itself within this time. */
const GRACE_MS = 1000;
/** How long the main thread may take to say whether it may be cut off; in native code it says nothing. */
const ASK_MS = 100;
/** How long a signal may take to strike. */
const STRIKE_MS = 50;
/** How often it is asked at once, when it only says that this is not the moment. */
const TRIES = 100;
const LONGEST_LINE = 1000;
/** What the main thread lets this thread call there; see control.ts. */
const OF_MAIN = 'globalThis[Symbol.for("tjulia.control")]';

const { listen, cookie, hello, keepAliveMs, board, cell } = workerData as ControlData;

const server = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  serve(socket).catch(() => socket.destroy());
});
server.on("error", () => parentPort?.postMessage(0));
server.once("listening", () => {
  if ("path" in listen) chmodSync(listen.path, 0o600);
  parentPort?.postMessage((server.address() as AddressInfo | null)?.port ?? 0);
});
if ("path" in listen) listenOnPath(server, listen.path);
else server.listen(listen);

async function serve(socket: Socket): Promise<void> {
  await greet(socket, { cookie, hello, side: "accepting" });
  let text = "";
  /** Each question is answered by the next line, so they are taken one by one. */
  let answers = Promise.resolve();
  sourceOf(socket).attach({
    bytes(chunk, start, end) {
      text += chunk.toString("latin1", start, end);
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      if (text.length > LONGEST_LINE) socket.destroy();
      for (const line of lines) {
        const say = async () => void socket.write(`${await answer(socket, line)}\n`);
        answers = answers.then(say).catch(() => void socket.destroy());
      }
    },
  });
}

function answer(socket: Socket, line: string): string | Promise<string> {
  const [word, ...numbers] = line.split(" ");
  if (word === "stop") return stop(numbers.map(Number));
  if (word === "report") return report().then(JSON.stringify);
  if (word === "lifeline") {
    socket.setKeepAlive(true, keepAliveMs);
    socket.once("close", () => setTimeout(() => signalSelf("SIGKILL"), GRACE_MS));
  }
  return "";
}

async function report(): Promise<ControlReport> {
  const { user, system } = process.cpuUsage();
  const inGuard = board === undefined ? undefined : readRunning(board);
  const running = inGuard ? [inGuard] : await askWhatRuns();
  return { rss: process.memoryUsage.rss(), cpuMs: (user + system) / 1000, running };
}

/** What runs in no guard, told by the main thread in the middle of it; nothing when that is deaf. */
function askWhatRuns(): Promise<RunningInfo[]> {
  const session = new Session();
  session.connectToMainThread();
  let timer: NodeJS.Timeout | undefined;
  const told = new Promise<RunningInfo[]>((resolve) => {
    timer = setTimeout(resolve, ASK_MS, []);
    session.post("Runtime.evaluate", { expression: `${OF_MAIN}?.running()` }, (_error, answer) => {
      const text: unknown = answer?.result.value;
      resolve(typeof text === "string" ? JSON.parse(text) : []);
    });
  });
  return told.finally(() => {
    clearTimeout(timer);
    session.disconnect();
  });
}

async function stop([order = 0, from = 0, id = 0]: number[]): Promise<string> {
  const only: CallName | undefined = id === 0 ? undefined : { from, id };
  if (board !== undefined) {
    const signalled = await signalCall(board, only, () => signalSelf("SIGINT"), only ? 0 : order);
    if (signalled && (await hasEnded(board, signalled))) return "signalled";
  }
  for (let i = 1, deafMs = 0; ; i++) {
    const answer = cutOff(order, from, id, deafMs);
    if (answer === "deaf" && !only && deafMs === 0 && endPrograms()) deafMs = ASK_MS;
    else if (answer !== "again" || i === TRIES) return answer;
  }
}

/**
 * A signal that comes while the main thread answers the inspector is lost in V8, and what the inspector asks after that as well. So it gets the
 * time to strike first.
 */
async function hasEnded(fd: number, call: CallName): Promise<boolean> {
  const end = (readSignal(fd)?.at ?? 0) + STRIKE_MS;
  while (isSame(readRunning(fd), call)) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return true;
}

/** The main thread may be waiting for a program (`execSync`): it ends as by Ctrl-C. Gives whether there was one. */
function endPrograms(): boolean {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "latin1").match(/\d+/g) ?? [];
    for (const pid of children) process.kill(Number(pid), "SIGINT");
    return children.length > 0;
  } catch {
    return false;
  }
}

/** To the whole group where that is this worker's own: a program that the worker waits for ends too. */
function signalSelf(signal: "SIGINT" | "SIGKILL"): void {
  process.kill(hasOwnGroup() ? -process.pid : process.pid, signal);
}

/** It has a session of its own, as our managers start it. To lead a group is not enough: Slurm puts all tasks of a node into that of the first. */
function hasOwnGroup(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    const [, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(group) === process.pid && session === group;
  } catch {
    return false;
  }
}

let turn = 0;

const refusals: Record<number, string> = { [Answer.AGAIN]: "again", [Answer.LOADING]: "loading" };

/**
 * Asks the main thread, in the middle of what it runs, whether it may be cut off, and does it; it may have been deaf for a while. The main
 * thread waits for that after its yes: the inspector runs both in one go, so that nothing else can be struck.
 */
function cutOff(order: number, from: number, id: number, deafMs: number): string {
  turn += 1;
  const session = new Session();
  session.connectToMainThread();
  try {
    Atomics.store(cell, Cell.TURN, turn);
    const question = `${OF_MAIN}?.mayCutOff(${turn}, ${order}, ${from}, ${id}, ${deafMs})`;
    session.post("Runtime.evaluate", { expression: question });
    Atomics.wait(cell, Cell.TURN, turn, ASK_MS);
    if (Atomics.compareExchange(cell, Cell.TURN, turn, Answer.NO) === turn) return "deaf";
    const answer = Atomics.load(cell, Cell.TURN);
    if (answer !== -turn) return refusals[answer] ?? "no";
    session.post("Runtime.terminateExecution");
    Atomics.store(cell, Cell.STRUCK, turn);
    parentPort?.postMessage("resume");
    return "struck";
  } finally {
    session.disconnect();
  }
}
