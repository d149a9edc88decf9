/**
 * Tells a master that is busy from one that is gone. A master that computes says nothing for long, but its kernel acknowledges what
 * it is sent; a host that has lost its power or its cable acknowledges nothing. So, when nothing was heard for a while, a beat is
 * sent, and Linux is asked whether the SSH server's bytes are being acknowledged. Elsewhere only the end of the connection counts.
 */
import { readFileSync } from "node:fs";

const LOOK_EVERY_MS = 2000;
/** Silence after which a beat is sent, and again. */
const SILENT_MS = 6000;
/** How long bytes may go unacknowledged. */
const UNACKNOWLEDGED_MS = 11_000;

export interface Silence {
  heard(): void;
}

/** `connection` is what the SSH server says in SSH_CONNECTION: addresses and ports of both ends. */
export function watchSilence(
  connection: string | undefined,
  does: { beat(): void; over(reason: string): void },
): Silence {
  const [, theirPort, , ourPort] = connection?.split(" ") ?? [];
  let heardAt = Date.now();
  let beatAt = 0;
  let acknowledgedAt = Date.now();
  if (!theirPort || !ourPort || process.platform !== "linux") return { heard() {} };
  const look = () => {
    const now = Date.now();
    if (now - heardAt < SILENT_MS) {
      acknowledgedAt = now;
      return;
    }
    if (now - beatAt > SILENT_MS) {
      beatAt = now;
      does.beat();
    }
    if (!hasUnacknowledged(Number(ourPort), Number(theirPort))) acknowledgedAt = now;
    else if (now - acknowledgedAt > UNACKNOWLEDGED_MS) {
      does.over(`nothing reaches the master's host any more, for ${UNACKNOWLEDGED_MS / 1000} s`);
    }
  };
  setInterval(look, LOOK_EVERY_MS).unref();
  return {
    heard() {
      heardAt = Date.now();
    },
  };
}

/** Whether the connection between these ports has bytes under way that were sent more than once. */
export function hasUnacknowledged(
  ourPort: number,
  theirPort: number,
  read: (file: string) => string = (file) => readFileSync(file, "latin1"),
): boolean {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    let table = "";
    try {
      table = read(file);
    } catch {
      continue;
    }
    for (const line of table.split("\n")) {
      const [, local, remote, , queues, , retransmitted] = line.trim().split(/\s+/);
      if (!local?.endsWith(`:${hex(ourPort)}`) || !remote?.endsWith(`:${hex(theirPort)}`)) continue;
      const sendQueue = Number.parseInt(queues?.split(":")[0] ?? "0", 16);
      return sendQueue > 0 && Number.parseInt(retransmitted ?? "0", 16) > 0;
    }
  }
  return false;
}
