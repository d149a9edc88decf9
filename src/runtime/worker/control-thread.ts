/**
 * A thread beside a worker's main thread: it hears the master when the main thread does not, because its code does not yield. Speaks a
 * handshake and then single words, on a socket of its own:
 *
 *   terminate   ends what the main thread runs, through the inspector; the stack is gone then, no `finally` runs, and the runtime
 *               answers whoever waited. For code that is out of a guard's reach: after an `await`, in a timer.
 *   lifeline    this connection lives as long as the master and the way to it do; with it the worker ends, busy or not.
 */
import { Session } from "node:inspector";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { greet } from "../wire/handshake.ts";
import type { Hello } from "../wire/messages.ts";

export interface ControlData {
  /** Where to listen: the path of a socket, or an address with a port of the system's choice. */
  readonly listen: { path: string } | { host: string; port: 0 };
  readonly cookie: string;
  readonly hello: Hello;
  /** How long the way to the master may be silent. */
  readonly keepAliveMs: number;
}

/** After its master is gone, a worker that is not busy ends by itself within this time. */
const GRACE_MS = 1000;

const { listen, cookie, hello, keepAliveMs } = workerData as ControlData;

const server = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  serve(socket).catch(() => socket.destroy());
});
server.listen(listen, () => parentPort?.postMessage((server.address() as AddressInfo).port ?? 0));

async function serve(socket: Socket): Promise<void> {
  await greet(socket, { cookie, hello, side: "accepting" });
  socket.on("data", (words) => {
    if (words.includes("terminate")) {
      terminateMainThread();
      socket.write("terminated\n");
    }
    if (words.includes("lifeline")) {
      socket.setKeepAlive(true, keepAliveMs);
      socket.once("close", () => setTimeout(() => process.kill(process.pid, "SIGKILL"), GRACE_MS));
    }
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
