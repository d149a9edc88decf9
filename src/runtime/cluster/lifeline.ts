/**
 * Notices hosts that vanish. A second connection between the master and the control thread of each worker on another host carries nothing
 * but the kernel's keepalive probes, which a busy process answers too: when they stay unanswered the connection ends, and each side
 * takes the other for lost. A process that is busy is never lost.
 */
import type { Socket } from "node:net";
import { greet } from "../wire/handshake.ts";
import { ControlLine } from "./control-line.ts";
import { helloFromHere } from "./hello.ts";
import { cluster } from "./peers.ts";
import { reach } from "./reach.ts";
import { roster, type WorkerRecord } from "./roster.ts";

const DEFAULT_LOST_S = 15;
/** Node asks the kernel for ten probes, one a second, once a connection has been silent. */
const PROBES_S = 10;

/** TJL_LOST_AFTER: seconds without a sign of life after which a host is taken for lost. Default 15, at least 11. */
function lostAfterS(): number {
  return Math.max(PROBES_S + 1, Number(process.env.TJL_LOST_AFTER) || DEFAULT_LOST_S);
}

/** How long it may take to open one. */
const OPEN_MS = 3000;

/** How long a lifeline may be silent before the kernel probes it. */
export function keepAliveMs(): number {
  return (lostAfterS() - PROBES_S) * 1000;
}

/** Opens the lifeline to a worker whose control thread listens on `port`. */
export async function openLifeline(record: WorkerRecord, port: number): Promise<void> {
  const { member, remote } = record;
  if (port === 0 || !member.address || member.address.port === 0) return;
  // A firewall that lets the worker's own port pass may not know of this one: then there is no lifeline.
  const socket = (await reach(record, port, OPEN_MS)?.catch(() => undefined)) as Socket | undefined;
  if (!socket) return;
  await greet(socket, { cookie: cluster.cookie, hello: helloFromHere(), side: "connecting" });
  // A manager's own stream is kept alive, or not, by what it runs on.
  socket.setKeepAlive?.(true, keepAliveMs());
  socket.unref?.();
  let isSilent = false;
  socket.on("error", (error: NodeJS.ErrnoException) => {
    // Anything else is the end of the process, of which its own connection tells more.
    isSilent = /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/.test(error.code ?? "");
  });
  const control = new ControlLine(socket);
  record.control = control;
  void control.ask("lifeline", OPEN_MS);
  socket.once("close", () => {
    if (remote.isGone || !roster.has(member.pid) || record.leaving) return;
    if (isSilent) record.endedFor ??= `is lost: no sign of life from ${member.host} for ${lostAfterS()} s`;
    remote.link?.destroy();
  });
}
