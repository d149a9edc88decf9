/**
 * The master's end of an agent on another host: starts it through a login shell, asks it for things, and notices when it is gone.
 * What an agent is: agent/main.ts.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Duplex, Readable } from "node:stream";
import { packageRoot } from "../package.ts";
import type { AgentHello, Answers, FromAgent, FromMaster, Question, WorkerStart } from "./agent/messages.ts";
import { Mux } from "./agent/mux.ts";
import { packProgram, programHash, workerFileIn } from "./agent/program.ts";
import { loginCommand, OLDEST_NODE, startInput } from "./agent/start-script.ts";
import type { RemoteCommand, RemoteHost } from "./ssh-connection.ts";
import { inStage, type Stage, StageError } from "./stage.ts";

/** An agent that does not answer for so long is lost, and its workers with it. */
const LOST_MS = 14_000;
const PING_EVERY_MS = 3500;
/** What a login shell may say before the agent speaks. */
const LONGEST_GREETING_BYTES = 1 << 18;

export interface AgentOptions {
  /** Nodes to try there. */
  nodes: readonly string[];
  /** Whether any other Node that is new enough will do. */
  lookAround: boolean;
  /** The program that runs the start script there. Default "sh". */
  shell?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface StartedWorker {
  ospid: number;
  stdout: Readable;
  stderr: Readable;
  exited: Promise<{ exitCode?: number | undefined; signal?: string | undefined; reason?: string | undefined }>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts an agent on the host. Rejects with a StageError of the step "command". */
export async function startAgent(host: RemoteHost, options: AgentOptions): Promise<RemoteAgent> {
  const { nodes, lookAround, shell = "sh", signal } = options;
  const token = `tjl-agent-${randomBytes(8).toString("hex")}`;
  const command = await host.run(loginCommand(shell));
  const greeting = new Greeting(host, command, token);
  try {
    command.stdin.write(startInput({ token, nodes, lookAround, program: agentProgram() }));
    await inStage("command", () => greeting.over, { signal });
    const agent = new RemoteAgent(host, command);
    await inStage("command", () => agent.saidHello, { signal });
    return agent;
  } catch (error) {
    command.close();
    throw error;
  }
}

let program: string | undefined;

function agentProgram(): string {
  program ??= readFileSync(join(packageRoot, "dist", "agent.cjs"), "utf8");
  return program;
}

/** What the login shell says before the agent does, or instead. */
class Greeting {
  /** Resolves when the agent speaks; the stream then continues with its first frame. */
  readonly over: Promise<void>;

  constructor(host: RemoteHost, { stdout, stderr, exited }: RemoteCommand, token: string) {
    const mark = Buffer.from(`\n${token}\n`);
    let said = Buffer.alloc(0);
    let complaint = "";
    stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-4000);
    });
    this.over = new Promise((resolve, reject) => {
      const take = (chunk: Buffer) => {
        said = Buffer.concat([said, chunk]);
        const at = said.indexOf(mark);
        if (at < 0) {
          if (said.length > LONGEST_GREETING_BYTES)
            reject(new StageError("command", "the login shell writes without end"));
          return;
        }
        stdout.off("data", take);
        stdout.pause();
        stdout.unshift(said.subarray(at + mark.length));
        resolve();
      };
      stdout.on("data", take);
      exited.then(({ exitCode, signal, reason }) => {
        reject(
          host.explain?.(complaint) ??
            whyNot({ complaint, said: said.toString(), token, how: reason ?? signal ?? `status ${exitCode}` }),
        );
      });
    });
    this.over.catch(() => {});
  }
}

function whyNot(end: { complaint: string; said: string; token: string; how: string }): StageError {
  const [, found] = new RegExp(`${end.token} no node:(.*)`).exec(end.complaint) ?? [];
  if (found !== undefined) {
    const there = found.trim() === "" ? "there is no Node" : `there is only ${found.trim().replace(/,$/, "")}`;
    return new StageError(
      "command",
      `${there}; Node ${OLDEST_NODE} or later is needed`,
      "install Node there, or say where it is: exename",
    );
  }
  const words = `${end.said}\n${end.complaint}`.trim().split("\n").slice(-5);
  return new StageError(
    "command",
    `the login shell ended (${end.how})${words[0] ? `: ${words.join("\n      ")}` : ""}`,
  );
}

/** An agent that runs. */
export class RemoteAgent {
  readonly host: RemoteHost;
  hello!: AgentHello;
  readonly saidHello: Promise<void>;
  /** Resolves with the reason when the agent, its host or the way there is gone. */
  readonly gone: Promise<string>;
  readonly #command: RemoteCommand;
  readonly #mux: Mux;
  readonly #questions = new Map<number, { stage: Stage; resolve(ok: never): void; reject(error: Error): void }>();
  readonly #exits = new Map<number, (exit: Awaited<StartedWorker["exited"]>) => void>();
  #lastNumber = 0;
  #lastStream = 0;
  #heardAt = Date.now();
  #isGone = false;
  #workerFile: Promise<string> | undefined;
  #tellGone: (reason: string) => void = () => {};
  #tellHello: () => void = () => {};

  constructor(host: RemoteHost, command: RemoteCommand) {
    this.host = host;
    this.#command = command;
    this.gone = new Promise((resolve) => {
      this.#tellGone = resolve;
    });
    this.saidHello = new Promise((resolve) => {
      this.#tellHello = resolve;
    });
    this.#mux = new Mux(command.stdout, command.stdin, {
      message: (message) => this.#hear(message as FromAgent),
      closed: () => {
        command.exited.then(({ reason }) => this.#over(reason ?? "lost its SSH session"));
      },
    });
    const timer = setInterval(() => this.#ping(), PING_EVERY_MS);
    timer.unref();
    this.gone.then(() => clearInterval(timer));
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** The worker's file on that host: installed there alike, kept from an earlier time, or sent now. */
  workerFile(): Promise<string> {
    this.#workerFile ??= this.#look()
      .then(async ({ hash, folder }) => workerFileIn(folder ?? (await this.#sendProgram(hash))))
      .catch((error) => {
        this.#workerFile = undefined;
        throw error;
      });
    return this.#workerFile;
  }

  /** Whether the worker's program is on that host. Changes nothing. */
  async programThere(): Promise<"installed" | "kept" | "missing"> {
    const { folder } = await this.#look();
    if (folder === undefined) return "missing";
    return folder === packageRoot ? "installed" : "kept";
  }

  async #look(): Promise<{ hash: string; folder: string | undefined }> {
    const hash = programHash(packageRoot);
    if (!hash) throw new StageError("upload", `${packageRoot} has no built worker to send`);
    const { folder } = await this.#ask("command", { op: "look", root: packageRoot, hash });
    return { hash, folder };
  }

  /** A port there that connections can be tried with. */
  async listen(host: string): Promise<number> {
    const { port } = await this.#ask("connect", { op: "listen", host });
    return port;
  }

  async #sendProgram(hash: string): Promise<string> {
    const stream = this.#nextStream();
    const kept = this.#ask("upload", { op: "put", stream, hash });
    this.#mux
      .stream(stream)
      .on("error", () => {})
      .resume()
      .end(packProgram(packageRoot));
    return (await kept).folder;
  }

  async start(start: WorkerStart): Promise<StartedWorker> {
    const worker = ++this.#lastNumber;
    const stdout = this.#nextStream();
    const stderr = this.#nextStream();
    const streams = [stdout, stderr].map((id) => this.#mux.stream(id).on("error", () => {}));
    for (const stream of streams) stream.end();
    const exited = new Promise<Awaited<StartedWorker["exited"]>>((resolve) => this.#exits.set(worker, resolve));
    const { ospid } = await this.#ask("start", { op: "start", worker, stdout, stderr, start });
    const [out, err] = streams as [Duplex, Duplex];
    return { ospid, stdout: out, stderr: err, exited, kill: (signal) => this.#tell({ op: "signal", worker, signal }) };
  }

  /** A stream to an address as that host sees it, through the agent. */
  async open({ host, port }: { host: string; port: number }): Promise<Duplex> {
    const id = this.#nextStream();
    const stream = this.#mux.stream(id).on("error", () => {});
    await this.#ask("connect", { op: "open", stream: id, host, port });
    return stream;
  }

  /** The time there, and how long the answer took. Milliseconds. */
  async ping(): Promise<{ now: number; tookMs: number }> {
    const asked = performance.now();
    const { now } = await this.#ask("command", { op: "ping" });
    return { now, tookMs: performance.now() - asked };
  }

  unref(): void {
    this.#command.unref();
  }

  /** Ends the agent and its workers. */
  close(): void {
    this.#command.close();
  }

  #ask<Op extends Question["op"]>(stage: Stage, question: Question & { op: Op }): Promise<Answers[Op]> {
    const n = ++this.#lastNumber;
    const answered = new Promise<Answers[Op]>((resolve, reject) => {
      if (this.#isGone) return reject(new StageError(stage, "the agent there has ended"));
      this.#questions.set(n, { stage, resolve, reject });
      this.#tell({ ...question, n });
    });
    return inStage(stage, () => answered).finally(() => this.#questions.delete(n));
  }

  #tell(message: FromMaster): void {
    this.#mux.send(message);
  }

  #hear(message: FromAgent): void {
    this.#heardAt = Date.now();
    if (message.op === "hello") {
      this.hello = message.hello;
      this.#tellHello();
    } else if (message.op === "exit") {
      this.#exits.get(message.worker)?.({ exitCode: message.exitCode, signal: message.signal });
      this.#exits.delete(message.worker);
    } else if (message.op === "answer") {
      const question = this.#questions.get(message.n);
      if (message.error === undefined) question?.resolve(message.ok as never);
      else question?.reject(new StageError(question.stage, message.error, hintFor(message.error)));
    }
  }

  #nextStream(): number {
    this.#lastStream += 1;
    return this.#lastStream;
  }

  #ping(): void {
    if (Date.now() - this.#heardAt > LOST_MS + PING_EVERY_MS) this.#lost();
    else this.#tell({ op: "ping", n: ++this.#lastNumber });
  }

  /** Nothing was heard for long. This process may have been busy itself, so what has come meanwhile is read first. */
  #lost(): void {
    const before = this.#heardAt;
    setImmediate(() => {
      if (this.#heardAt === before) this.#over(`is lost: no sign of life from its host for ${LOST_MS / 1000} s`);
    });
  }

  #over(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#tellGone(reason);
    for (const tell of this.#exits.values()) tell({ reason });
    this.#exits.clear();
    for (const { stage, reject } of this.#questions.values()) reject(new StageError(stage, reason));
    this.#command.close();
  }
}

function hintFor(error: string): string | undefined {
  if (/ENOSPC|EDQUOT/.test(error)) return "make room on the disk of the home folder there";
  if (/EACCES|EROFS/.test(error)) return "is the home folder there writable?";
  return undefined;
}
