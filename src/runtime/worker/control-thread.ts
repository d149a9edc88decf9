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
import { type CallName, readRunning } from "../calls/now-running.ts";
import type { ControlReport } from "../cluster/member.ts";
import { signalCall } from "../cluster/signal-call.ts";
import { greet } from "../wire/handshake.ts";
import { sourceOf } from "../wire/source.ts";
import { Answer, Cell, type ControlData } from "./control-data.ts";

/** After its master is gone, a worker that is not busy ends by itself within this time. */
const GRACE_MS = 1000;
/** How long the main thread may take to say whether it may be cut off; in native code it says nothing. */
const ASK_MS = 100;
/** How often it is asked at once, when it only says that this is not the moment. */
const TRIES = 100;
const LONGEST_LINE = 1000;

const { listen, cookie, hello, keepAliveMs, board, cell } = workerData as ControlData;

const server = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  serve(socket).catch(() => socket.destroy());
});
server.on("error", () => parentPort?.postMessage(0));
server.listen(listen, () => {
  if ("path" in listen) chmodSync(listen.path, 0o600);
  parentPort?.postMessage((server.address() as AddressInfo).port ?? 0);
});

async function serve(socket: Socket): Promise<void> {
  await greet(socket, { cookie, hello, side: "accepting" });
  let text = "";
  sourceOf(socket).attach({
    bytes(chunk, start, end) {
      text += chunk.toString("latin1", start, end);
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      if (text.length > LONGEST_LINE) socket.destroy();
      for (const line of lines) socket.write(`${answer(socket, line)}\n`);
    },
  });
}

function answer(socket: Socket, line: string): string {
  const [word, ...numbers] = line.split(" ");
  if (word === "stop") return stop(numbers.map(Number));
  if (word === "report") return JSON.stringify(report());
  if (word === "lifeline") {
    socket.setKeepAlive(true, keepAliveMs);
    socket.once("close", () => setTimeout(() => signalSelf("SIGKILL"), GRACE_MS));
  }
  return "";
}

function report(): ControlReport {
  const { user, system } = process.cpuUsage();
  const running = board === undefined ? undefined : readRunning(board);
  return { rss: process.memoryUsage.rss(), cpuMs: (user + system) / 1000, running };
}

function stop([order = 0, from = 0, id = 0]: number[]): string {
  const only: CallName | undefined = id === 0 ? undefined : { from, id };
  if (board !== undefined) void signalCall(board, only, () => signalSelf("SIGINT"), only ? 0 : order);
  for (let i = 1; ; i++) {
    const answer = cutOff(order, from, id);
    if (answer !== "again" || i === TRIES) return answer;
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

/**
 * Asks the main thread, in the middle of what it runs, whether it may be cut off, and does it. The main thread waits for that after its
 * yes: the inspector runs both in one go, so that nothing else can be struck.
 */
function cutOff(order: number, from: number, id: number): string {
  turn += 1;
  const session = new Session();
  session.connectToMainThread();
  try {
    Atomics.store(cell, Cell.TURN, turn);
    const question = `globalThis[Symbol.for("tjulia.mayCutOff")]?.(${turn}, ${order}, ${from}, ${id})`;
    session.post("Runtime.evaluate", { expression: question });
    Atomics.wait(cell, Cell.TURN, turn, ASK_MS);
    if (Atomics.compareExchange(cell, Cell.TURN, turn, Answer.NO) === turn) return "deaf";
    const answer = Atomics.load(cell, Cell.TURN);
    if (answer !== -turn) return answer === Answer.AGAIN ? "again" : "no";
    session.post("Runtime.terminateExecution");
    Atomics.store(cell, Cell.STRUCK, turn);
    parentPort?.postMessage("resume");
    return "struck";
  } finally {
    session.disconnect();
  }
}
