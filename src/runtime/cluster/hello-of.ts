/** What a process of this version on this machine says of itself when a connection opens. Apart from `self`, so that it is there before the runtime. */
import { hostname } from "node:os";
import { version } from "../../package.ts";
import type { Hello } from "../wire/messages.ts";
import { PROTOCOL } from "../wire/protocol.ts";

export function helloOf(pid: number, host = hostname()): Hello {
  return {
    protocol: PROTOCOL,
    version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    pid,
    host,
  };
}
