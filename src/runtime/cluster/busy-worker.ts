/**
 * What the master can do with a busy worker: have its control thread end what it runs, and, on its own host, read what that is.
 */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type NowRunning, parseNowRunning } from "../calls/now-running.ts";
import { greet } from "../wire/handshake.ts";
import { connect } from "../wire/transports.ts";
import { helloFromHere } from "./connect-process.ts";
import { soon } from "./life.ts";
import { controlSocketFile, nowRunningFile } from "./nest.ts";
import { cluster } from "./peers.ts";
import type { WorkerRecord } from "./roster.ts";

/** What the worker runs in its main thread right now; undefined when it is idle or does not tell. */
export async function nowRunning(record: WorkerRecord): Promise<NowRunning | undefined> {
  const folder = folderOf(record);
  if (!folder || !record.config.ospid) return undefined;
  const text = await readFile(nowRunningFile(folder, record.config.ospid), "utf8").catch(() => "");
  return parseNowRunning(text);
}

/** Ends what the worker's main thread runs. Resolves to false when there is no control thread to do it. */
export async function terminateMainThread(record: WorkerRecord, timeoutMs: number): Promise<boolean> {
  if (record.control) return record.control.write("terminate\n");
  const folder = folderOf(record);
  if (!folder || !record.config.ospid) return false;
  try {
    const socket = await connect({ host: controlSocketFile(folder, record.config.ospid), port: 0 }, { timeoutMs });
    const told = (async () => {
      await greet(socket, { cookie: cluster.cookie, hello: helloFromHere(), side: "connecting", timeoutMs });
      await new Promise<void>((resolve) => {
        socket
          .once("data", () => resolve())
          .once("close", resolve)
          .once("error", () => resolve());
        socket.write("terminate\n");
      });
      return true;
    })();
    const done = await soon(told, timeoutMs);
    socket.destroy();
    return done ?? false;
  } catch {
    return false;
  }
}

/** The folder of the worker's socket, when it listens on one. */
function folderOf({ member }: WorkerRecord): string | undefined {
  return member.address?.port === 0 ? dirname(member.address.host) : undefined;
}
