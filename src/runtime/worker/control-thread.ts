/**
 * A thread beside a worker's main thread: it hears the master when the main thread does not, because code that is out of a
 * guard's reach (after an `await`, in a timer) does not yield. It ends what the main thread runs, through the inspector; the stack is gone then,
 * no `finally` runs, and the runtime answers whoever waited. Speaks a handshake and then single words, on a socket of its own.
 */
import { Session } from "node:inspector";
import { createServer, type Socket } from "node:net";
import { workerData } from "node:worker_threads";
import { greet } from "../wire/handshake.ts";
import type { Hello } from "../wire/messages.ts";

export interface ControlData {
  /** The path of the socket to listen on. */
  readonly path: string;
  readonly cookie: string;
  readonly hello: Hello;
}

const { path, cookie, hello } = workerData as ControlData;

const server = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  serve(socket).catch(() => socket.destroy());
});
server.listen(path);

async function serve(socket: Socket): Promise<void> {
  await greet(socket, { cookie, hello, side: "accepting" });
  socket.on("data", (words) => {
    if (!words.includes("terminate")) return;
    terminateMainThread();
    socket.end("terminated\n");
  });
}

/**
 * Node before 24 follows an AsyncLocalStorage with async_hooks, and ends the process when a callback is cut off while one is in use. So
 * the storage is switched off first; the calls that used it are over anyway.
 */
const CALM = 'globalThis[Symbol.for("tjulia.calm")]?.()';

function terminateMainThread(): void {
  const session = new Session();
  session.connectToMainThread();
  session.post("Runtime.evaluate", { expression: CALM });
  session.post("Runtime.terminateExecution");
  session.disconnect();
}
