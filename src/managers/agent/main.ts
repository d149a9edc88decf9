/**
 * The agent: a small program that a manager starts on another host, one for all its workers there. It starts workers, passes on
 * what they write and how they end, signals them, opens streams to them, and keeps files that the host lacks. When its standard
 * input ends (the connection is gone, the master is dead) it ends every worker, busy or not.
 *
 * It is sent as text and run by `node -e`, so it uses nothing but Node itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { availableParallelism, homedir, hostname } from "node:os";
import { pipeline, type Readable, type Writable } from "node:stream";
import { withHugePages } from "../../runtime/cluster/huge-pages.ts";
import { callAny, introduce } from "../../runtime/wire/call-back.ts";
import { PROTOCOL } from "../../runtime/wire/protocol.ts";
import { cachedProgram, keepProgram } from "./cache.ts";
import type { Answers, FromAgent, FromMaster, Question, WorkerStart } from "./messages.ts";
import { Mux } from "./mux.ts";
import { programHash } from "./program.ts";
import { watchSilence } from "./silence.ts";

/** Workers that are not busy end by themselves within this time after their input has ended. */
const GRACE_MS = 500;
/** The same for programs that end others when they are asked to: srun, mpiexec. */
const LAUNCHER_GRACE_MS = 1500;

const workers = new Map<number, ChildProcess>();

/** Runs as an agent on standard input and output, which `token` opens. */
export function runAgent(token: string): void {
  process.stdout.write(`\n${token}\n`);
  serve(process.stdin, process.stdout);
}

/**
 * Runs as an agent on a connection to the master that waits at one of the addresses; for a job that starts somewhere, some time. The
 * secret that both know comes by standard input.
 */
export async function callBack(addresses: string): Promise<void> {
  const secret = (await process.stdin.setEncoding("latin1").toArray()).join("").trim();
  const { node } = process.versions;
  const platform = `${process.platform}-${process.arch}`;
  const me = { protocol: PROTOCOL, version: "agent", node, platform, pid: 0, host: hostname() };
  const stream = await callAny(addresses, secret, me);
  stream.setKeepAlive(true, 5000);
  introduce(stream, { agent: true });
  serve(stream, stream);
}

function serve(input: Readable, output: Writable): void {
  const silence = watchSilence(process.env.SSH_CONNECTION, {
    beat: () => tell({ op: "beat" }),
    over: (reason) => endAll(reason),
  });
  const mux: Mux = new Mux(input, output, {
    message: (message) => {
      silence.heard();
      obey(message as FromMaster, mux, tell);
    },
    closed: () => endAll(),
  });
  function tell(message: FromAgent): void {
    mux.send(message);
  }
  for (const name of ["SIGTERM", "SIGHUP", "SIGINT"] as const) process.on(name, () => endAll());
  tell({ op: "hello", hello: hello() });
}

function hello(): Extract<FromAgent, { op: "hello" }>["hello"] {
  return {
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    host: hostname(),
    home: homedir(),
    cores: availableParallelism(),
    address: process.env.SSH_CONNECTION?.split(" ")[2],
    now: Date.now(),
  };
}

function obey(message: FromMaster, mux: Mux, tell: (message: FromAgent) => void): void {
  if (message.op === "signal") return void workers.get(message.worker)?.kill(message.signal);
  const { n } = message;
  answer(message, mux, tell).then(
    (ok) => tell({ op: "answer", n, ok }),
    (error: Error) => tell({ op: "answer", n, error: error.message }),
  );
}

async function answer(
  question: Question,
  mux: Mux,
  tell: (message: FromAgent) => void,
): Promise<Answers[keyof Answers]> {
  switch (question.op) {
    case "look":
      return { folder: programHash(question.root) === question.hash ? question.root : cachedProgram(question.hash) };
    case "put":
      return { folder: keepProgram(Buffer.concat(await mux.stream(question.stream).toArray()), question.hash) };
    case "start":
      return startWorker(question, mux, tell);
    case "open":
      return openStream(question, mux);
    case "listen":
      return listenAt(question.host);
    case "ping":
      return { now: Date.now() };
  }
}

async function startWorker(
  { worker, stdout, stderr, start }: Extract<Question, { op: "start" }>,
  mux: Mux,
  tell: (message: FromAgent) => void,
): Promise<Answers["start"]> {
  const child = spawn(start.program ?? process.execPath, start.words, {
    cwd: folderFor(start),
    env: withHugePages({ ...process.env, ...start.env }),
    stdio: ["pipe", "pipe", "pipe"],
  });
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  workers.set(worker, child);
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  child.stdin.write(`${start.cookie}\n`);
  for (const [source, id] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    pipeline(source, mux.stream(id), () => {});
  }
  child.once("exit", (exitCode, signal) => {
    workers.delete(worker);
    tell({ op: "exit", worker, exitCode: exitCode ?? undefined, signal: signal ?? undefined });
  });
  return { ospid: child.pid as number };
}

function folderFor({ dir, otherwise }: WorkerStart): string {
  if (existsSync(dir)) return dir;
  if (otherwise) return homedir();
  throw new Error(`there is no folder ${dir}`);
}

function openStream({ stream, host, port }: Extract<Question, { op: "open" }>, mux: Mux): Promise<Answers["open"]> {
  return new Promise((resolve, reject) => {
    const socket = port === 0 ? connect(host) : connect({ host, port, noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      const far = mux.stream(stream);
      pipeline(socket, far, () => far.destroy());
      pipeline(far, socket, () => socket.destroy());
      resolve({});
    });
  });
}

function listenAt(host: string): Promise<Answers["listen"]> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.on("error", () => {}).end());
    server.once("error", reject);
    server.listen(0, host, () => resolve({ port: (server.address() as AddressInfo).port }));
    server.unref();
  });
}

let ending = false;

/** The end of the master is the end of its workers; what does not end by itself is killed. */
function endAll(reason?: string): void {
  if (ending) return;
  ending = true;
  if (reason) process.stderr.write(`tjl: ${reason}\n`);
  for (const child of workers.values()) child.stdin?.end();
  setTimeout(() => {
    for (const child of workers.values()) child.kill(isLauncher(child) ? "SIGTERM" : "SIGKILL");
  }, GRACE_MS);
  const started = Date.now();
  const look = () => {
    if (workers.size > 0 && Date.now() - started < GRACE_MS + LAUNCHER_GRACE_MS) return void setTimeout(look, 20);
    for (const child of workers.values()) child.kill("SIGKILL");
    process.exit(0);
  };
  look();
}

function isLauncher(child: ChildProcess): boolean {
  return child.spawnfile !== process.execPath;
}
