/** The secret of the cluster that this process is the master of: made when it is first needed, given to workers by their managers. */
import { randomBytes } from "node:crypto";

let cookie: string | undefined;

export function ownCookie(): string {
  cookie ??= randomBytes(32).toString("hex");
  return cookie;
}
