/** The secret of the cluster that this process is the master of: made when it is first needed, given to workers by their managers. */
import { crypto } from "../wire/crypto.ts";

let cookie: string | undefined;

export function ownCookie(): string {
  cookie ??= crypto().randomBytes(32).toString("hex");
  return cookie;
}
