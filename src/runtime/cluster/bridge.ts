/**
 * Workers that cannot reach each other, because a firewall is between their hosts or because they listen for their own host only, reach
 * each other through the master:
 *
 *     worker A ── "bridge to B" ─────────────────────────▶ master
 *     worker A ◀── connection, greeted with the id -B ──── master ── connection ──▶ worker B
 *     worker A ◀════════ handshake and messages, passed on as they are ══════════▶ worker B
 */
import type { Duplex } from "node:stream";
import { UsageError } from "../../errors.ts";
import { encodeValue } from "../wire/codec.ts";
import { greet } from "../wire/handshake.ts";
import { Kind } from "../wire/messages.ts";
import { processes } from "../wire/remote-process.ts";
import { sourceOf } from "../wire/source.ts";
import { helloFromHere } from "./hello.ts";
import type { ClusterMessage } from "./member.ts";
import { cluster } from "./peers.ts";
import { reach } from "./reach.ts";
import { roster, type WorkerRecord } from "./roster.ts";

/** On a worker: bridges that were asked for and have not come, by the id that they lead to. */
const awaited = new Map<number, (stream: Duplex) => void>();

/** On a worker: a stream to worker `pid` through the master. */
export async function bridgeTo(pid: number): Promise<Duplex> {
  const master = processes.get(1);
  if (!master) throw new UsageError(`there is no way to worker ${pid}`);
  const arrived = new Promise<Duplex>((resolve) => awaited.set(pid, resolve));
  const message: ClusterMessage = { op: "bridge", to: pid };
  try {
    await master.request(Kind.CLUSTER, encodeValue(message, master));
    return await arrived;
  } finally {
    awaited.delete(pid);
  }
}

/** On a worker: the master has opened a stream that leads to worker `pid`. */
export function bridgeArrived(pid: number, stream: Duplex): void {
  const take = awaited.get(pid);
  if (take) take(stream);
  else stream.destroy();
}

/** On the master: joins two connections of its own. Answered when worker `from` has its end. */
export async function makeBridge(from: number, to: number): Promise<void> {
  const near = await open(roster.get(from), from);
  await greet(near, { cookie: cluster.cookie, hello: { ...helloFromHere(), pid: -to }, side: "connecting" });
  try {
    const far = await open(roster.get(to), to);
    pump(near, far);
    pump(far, near);
  } catch (error) {
    near.destroy();
    throw error;
  }
}

function open(record: WorkerRecord | undefined, pid: number): Promise<Duplex> {
  const stream = record && reach(record);
  return stream ?? Promise.reject(new UsageError(`worker ${pid} cannot be reached by other workers`));
}

/** Passes on what comes, no faster than it is taken. */
function pump(from: Duplex, to: Duplex): void {
  (from as { unref?(): void }).unref?.();
  sourceOf(from).attach({
    // The memory is read into again, so what is passed on is a copy.
    bytes: (chunk, start, end) => {
      if (!to.write(Buffer.from(chunk.subarray(start, end)))) from.pause();
    },
  });
  to.on("drain", () => from.resume());
  from.on("error", () => {});
  from.once("end", () => to.end());
  from.once("close", () => to.destroy());
}
