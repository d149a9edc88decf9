/** How the master opens another connection to a worker that has joined, by the way that its manager prescribes. */
import type { Duplex } from "node:stream";
import { connect } from "../wire/transports.ts";
import type { Address } from "./member.ts";
import { cluster } from "./peers.ts";
import type { WorkerRecord } from "./roster.ts";

/**
 * Opens a connection to the worker, or to another port of its own. Undefined where the manager has a transport of its own that carries one
 * connection only; one that says `tunnel: true` or `false` in the worker's config can open any number.
 */
export function reach(record: WorkerRecord, port?: number, timeoutMs = cluster.timeoutMs): Promise<Duplex> | undefined {
  const { manager, config, member } = record;
  if (!member.address) return undefined;
  const address: Address = port === undefined ? member.address : { host: member.address.host, port };
  if (!manager.connect) return connect(address, { timeoutMs });
  if (config.tunnel === undefined) return undefined;
  return manager.connect(member.pid, { ...config, ...address });
}

/** Whether only processes of its own host can connect to that address. */
export function isWithinHost({ host, port }: Address): boolean {
  return (port === 0 && host.includes("/")) || /^(127\.|::1$|localhost$)/.test(host);
}
