/**
 * The entry point of a worker: reads its cookie, listens, announces where, and then does what it is told. Ends with its master: when
 * stdin ends (unless the cookie came in a file), when the connection to the master closes, or when told to.
 */
import "../cluster/install.ts";
import { existsSync, readFileSync, statSync, unlinkSync, writeSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { inspect } from "node:util";
import { expectLibrary } from "../../arrays/expect.ts";
import { guarding, readyGuard } from "../calls/guard.ts";
import { openBoard } from "../calls/now-running.ts";
import { eachRunning } from "../calls/running.ts";
import { installStacks, userStack } from "../closures/stacks.ts";
import { announceLine } from "../cluster/announce.ts";
import { bridgeArrived } from "../cluster/bridge.ts";
import { connectProcess } from "../cluster/connect-process.ts";
import { helloFromHere } from "../cluster/hello.ts";
import { workerTimeoutMs } from "../cluster/launch.ts";
import type { Address } from "../cluster/member.ts";
import { boardFile, controlSocketFile, isNest, removeIfEmpty, socketFile } from "../cluster/nest.ts";
import { acceptPeer, addMember, cluster } from "../cluster/peers.ts";
import { workerDuties } from "../cluster/serve.ts";
import { crypto } from "../wire/crypto.ts";
import { greet } from "../wire/handshake.ts";
import { self } from "../wire/identity.ts";
import { processes } from "../wire/remote-process.ts";
import { readTicket, type Ticket } from "../wire/ticket.ts";
import { listen, ownFolder } from "../wire/transports.ts";
import { callMaster, sayWho } from "./call-back.ts";
import { launchChildren } from "./children.ts";
import { startControl, startControlWhenNeeded } from "./control.ts";
import { installGlobals } from "./globals.ts";
import { NOWHERE_ELSE, type WorkerOptions, workerOptions } from "./options.ts";

/** Runs this process as a worker. Resolves once it listens. */
export async function runWorker(argv: readonly string[]): Promise<void> {
  const options = workerOptions(argv);
  // What follows is ours and may be secret; a file of the user that reads its words finds none here.
  process.argv.length = Math.min(process.argv.length, 2);
  installStacks();
  self.pid = 0;
  installGlobals();
  expectLibrary();
  // SIGINT ends what runs in a guard (calls/guard.ts); at any other time it means nothing.
  process.on("SIGINT", () => {});
  guarding.on = true;
  if (options.bindTo.startsWith("/")) {
    makeFolder(options.bindTo);
    removeWhatWasLeft(options.bindTo);
    openBoard(boardFile(options.bindTo, process.pid), true);
    startControlWhenNeeded(options.bindTo);
  } else openBoard(join(tmpdir(), `tjl-board-${crypto().randomBytes(9).toString("hex")}`), false);
  // Code that nobody waits for must not end the process; it is told, and the worker lives on.
  process.on("uncaughtException", (error, origin) => reportBackground(error, origin));
  whenMade("stdout", (stream) => stream.on("error", () => {}));
  whenMade("stderr", (stream) => stream.on("error", () => {}));
  workerDuties.exit = exitWhenIdle;
  workerDuties.launch = (workers, master) => launchChildren(workers, options.bindTo, master);

  const timeoutMs = workerTimeoutMs();
  const unheard = setTimeout(() => give(`no master connected for ${timeoutMs / 1000} s`), timeoutMs);
  const secrets = readSecrets(options);
  const called =
    options.callBack === undefined ? undefined : await callMaster(options.callBack, (await secrets).cookie);
  // The way to the master is the way by which other workers come.
  const bindTo = options.bindTo === NOWHERE_ELSE ? called?.localAddress : undefined;
  const server = await listen(bindTo ? { host: bindTo, port: 0 } : listenAddress(options), (stream) => {
    accept(stream, secrets, () => clearTimeout(unheard)).catch((error: Error) => {
      stream.destroy();
      tellRefused(error.message);
    });
  });
  const { address } = server;
  if (address.port !== 0) workerDuties.controlPort = () => startControl({ host: address.host, port: 0 });
  const announced = reachable(address);
  announce(`${announceLine(announced)}\n`);
  if (!called) return readyGuard();
  sayWho(called, announced);
  await accept(called, secrets, () => clearTimeout(unheard));
}

/** Without the stream, which takes longer to make than the line to write; it is there for a pipe that is closed or full. */
function announce(line: string): void {
  try {
    writeSync(1, line);
  } catch {
    process.stdout.write(line);
  }
}

/** Node makes the standard streams when they are first used, which takes a millisecond each. */
function whenMade(name: "stdout" | "stderr", act: (stream: NodeJS.WriteStream) => void): void {
  const own = Object.getOwnPropertyDescriptor(process, name) as PropertyDescriptor;
  Object.defineProperty(process, name, {
    ...own,
    get(): NodeJS.WriteStream {
      Object.defineProperty(process, name, own);
      act(process[name]);
      return process[name];
    },
  });
}

function makeFolder(folder: string): void {
  try {
    ownFolder(folder);
  } catch (error) {
    give((error as Error).message);
  }
}

/** A worker that was killed left its files, and the system may give its number to another process. */
function removeWhatWasLeft(folder: string): void {
  for (const nameOf of [socketFile, boardFile, controlSocketFile]) {
    const file = nameOf(folder, process.pid);
    if (existsSync(file)) unlinkSync(file);
  }
}

/** The master ended before it came here, perhaps before its watcher began. */
function leaveNoTrace(bindTo: string): void {
  if (!bindTo.startsWith("/")) return;
  removeWhatWasLeft(bindTo);
  if (isNest(bindTo)) removeIfEmpty(bindTo);
}

function reportBackground(error: unknown, origin: string): void {
  const kind = origin === "unhandledRejection" ? "unhandled rejection" : "uncaught exception";
  const text = error instanceof Error ? userStack(error.stack ?? String(error)) : inspect(error);
  process.stderr.write(`${kind}: ${text}\n`);
}

const REFUSALS_TOLD_EVERY_MS = 1000;
let refusedAt = 0;
let untold = 0;

/** Whoever opens connections by the thousand is not to fill the master's terminal. */
function tellRefused(reason: string): void {
  untold += 1;
  if (Date.now() - refusedAt < REFUSALS_TOLD_EVERY_MS) return;
  const others = untold > 1 ? ` (and ${untold - 1} others)` : "";
  process.stderr.write(`tjl worker: refused a connection: ${reason}${others}\n`);
  refusedAt = Date.now();
  untold = 0;
}

function give(reason: string): never {
  process.stderr.write(`tjl worker: ${reason}\n`);
  process.exit(3);
}

function listenAddress({ bindTo }: WorkerOptions): Address {
  if (bindTo.startsWith("/")) return { host: socketFile(bindTo, process.pid), port: 0 };
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(bindTo);
  const port = Number(match?.[3] ?? 0);
  if (!match || port > 65535) give(`--bind-to is <address[:port]> or the path of a folder, not "${bindTo}"`);
  return { host: match[1] || match[2] || "127.0.0.1", port };
}

/** Who listens at all addresses announces one that others can use: that by which SSH came, else the first one of the network. */
function reachable(address: Address): Address {
  if (address.host !== "0.0.0.0" && address.host !== "::") return address;
  const [, , bySsh] = process.env.SSH_CONNECTION?.split(" ") ?? [];
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outer = own.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
  return { ...address, host: bySsh ?? outer ?? "127.0.0.1" };
}

interface Secrets {
  readonly cookie: string;
  /** For the first connection. */
  ticket?: Ticket | undefined;
}

const LONGEST_LINE = 2048;

/**
 * The cookie is given on the command line, in a file of mode 0600, or in the first line of stdin, perhaps with a ticket. The end of stdin is then
 * that of the master.
 */
function readSecrets(options: WorkerOptions): Promise<Secrets> {
  if (options.cookieFile) {
    if (statSync(options.cookieFile).mode & 0o077) give(`${options.cookieFile} can be read by others: chmod 600 it`);
    return Promise.resolve({ cookie: readFileSync(options.cookieFile, "utf8").trim() });
  }
  return new Promise((resolve) => {
    let text = "";
    let done = options.cookie !== undefined;
    if (options.cookie !== undefined) resolve({ cookie: options.cookie });
    process.stdin.on("data", (chunk: Buffer) => {
      if (done) return;
      text += chunk.toString("latin1");
      const end = text.indexOf("\n");
      if (end < 0 && text.length < LONGEST_LINE) return;
      done = true;
      const [cookie = "", ...ticket] = text
        .slice(0, end < 0 ? undefined : end)
        .trim()
        .split(" ");
      resolve({ cookie, ticket: readTicket(ticket) });
    });
    const ended = () => {
      if (!processes.has(1)) leaveNoTrace(options.bindTo);
      process.exit(0);
    };
    process.stdin.once("end", ended).once("close", ended).once("error", ended);
  });
}

/** A connection is the master's when it says so, else another worker's. Both have proved the cookie by then. */
async function accept(stream: Duplex, secrets: Promise<Secrets>, heard: () => void): Promise<void> {
  const told = await secrets;
  const { cookie, ticket } = told;
  told.ticket = undefined;
  cluster.cookie = cookie;
  const hello = await greet(stream, { cookie, hello: helloFromHere(), side: "accepting", ticket });
  if (hello.pid < 0) return bridgeArrived(-hello.pid, stream);
  if (hello.pid !== 1) return acceptPeer(hello.pid, hello.host, stream);
  if (processes.get(1)?.link) throw new Error("a second master");
  heard();
  const master = addMember({ pid: 1, host: hello.host });
  connectProcess(master, stream, () => process.exit(0));
}

/** Ends once the calls that run have been answered, or when the time is up. */
function exitWhenIdle(graceMs: number): void {
  const started = Date.now();
  const look = () => {
    const busy = !eachRunning()[Symbol.iterator]().next().done;
    if (busy && Date.now() - started < graceMs) return void setTimeout(look, 5);
    const link = processes.get(1)?.link;
    if (link) link.end().finally(() => process.exit(0));
    else process.exit(0);
  };
  look();
}
