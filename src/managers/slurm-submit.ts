/**
 * A job of our own in Slurm's queue, and in it an agent that has called back: what is started by that agent runs inside the job. The
 * job ends with the agent, and both with this process, whatever ends that (job-keeper.ts).
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { writableCache } from "../cache-folder.ts";
import { waitForCalls } from "./call-back.ts";
import { type KeptJob, keepJob } from "./job-keeper.ts";
import { RemoteAgent } from "./remote-agent.ts";
import { slurm } from "./slurm-command.ts";
import { isHopeless, isOver, type JobRequest, queueState, scriptFor } from "./slurm-job.ts";
import type { RemoteCommand } from "./ssh-connection.ts";
import { StageError, secondsFor } from "./stage.ts";
import { tellStatus } from "./status.ts";

export interface Job {
  id: string;
  agent: RemoteAgent;
  /** Takes the job out of Slurm. */
  cancel(): Promise<void>;
}

const LOOK_EVERY_MS = 1000;

/** Submits the job, waits in the queue as long as it takes, and then for the agent's call. Rejects with a StageError. */
export async function submitJob(request: JobRequest): Promise<Job> {
  const secret = randomBytes(32).toString("hex");
  const folder = writableCache("jobs");
  let arrived: (stream: Socket) => void = () => {};
  const call = new Promise<Socket>((resolve) => {
    arrived = resolve;
  });
  const server = await waitForCalls(secret, (stream) => arrived(stream), request.address);
  const output = join(folder, `${process.pid}-${randomBytes(4).toString("hex")}.out`);
  let job: KeptJob | undefined;
  try {
    job = await keepJob(scriptFor(request, server.addresses, secret, output), output, request.signal);
    const { id, cancel } = job;
    const stream = await untilCalled(id, call, output, request.signal);
    const agent = new RemoteAgent({ label: `Slurm job ${id}`, run: refuse, unref() {}, close() {} }, commandOf(stream));
    await agent.saidHello;
    agent.gone.then(cancel);
    return { id, agent, cancel };
  } catch (error) {
    await job?.cancel();
    throw error;
  } finally {
    await server.close();
  }
}

/** The clock for the call starts when the job does. */
async function untilCalled(id: string, call: Promise<Socket>, output: string, signal?: AbortSignal): Promise<Socket> {
  let startedAt: number | undefined;
  let told = "";
  for (;;) {
    const stream = await Promise.race([call, pause(told ? LOOK_EVERY_MS : 100)]);
    if (stream) return stream;
    signal?.throwIfAborted();
    const line = await slurm("squeue", ["--noheader", "--jobs", id, "--states=all", "--format=%T|%r|%N"]).catch(
      () => "",
    );
    const { state, reason, text } = queueState(id, line || "gone||");
    if (isHopeless(reason) && text === told) throw new StageError("command", `${text}: it can never start`);
    if (text !== told) tellStatus(text);
    told = text;
    if (isOver(state) || state === "gone") throw new StageError("command", `${text}${whatItSaid(output)}`);
    if (state === "RUNNING") startedAt ??= Date.now();
    if (startedAt !== undefined && Date.now() - startedAt > secondsFor("announce") * 1000) {
      throw new StageError(
        "command",
        `${text}, but did not call back within ${secondsFor("announce")} s${whatItSaid(output)}`,
        "can that node reach this host? --manager-opt address=<address of this host as the nodes see it>",
      );
    }
  }
}

function whatItSaid(output: string): string {
  try {
    const lines = readFileSync(output, "utf8").trim().split("\n").slice(-5);
    return lines[0] ? `; it wrote:\n      ${lines.join("\n      ")}` : "";
  } catch {
    return "";
  }
}

/** The agent's connection, in the shape of a command. */
function commandOf(stream: Socket): RemoteCommand {
  stream.on("error", () => {});
  stream.setKeepAlive(true, 5000);
  return {
    stdin: stream,
    stdout: stream,
    stderr: new PassThrough(),
    exited: new Promise((resolve) => stream.once("close", () => resolve({ reason: "lost its Slurm job" }))),
    unref: () => void stream.unref(),
    close: () => void stream.end(),
  };
}

async function refuse(): Promise<never> {
  throw new Error("a Slurm job has one agent");
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}
