/** What this process says of itself when a connection opens. */
import { version } from "../../package.ts";
import { self } from "../wire/identity.ts";
import { type Hello, PROTOCOL } from "../wire/messages.ts";

export function helloFromHere(): Hello {
  return {
    protocol: PROTOCOL,
    version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    pid: self.pid,
    host: self.host,
  };
}
