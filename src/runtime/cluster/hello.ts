/** What this process says of itself when a connection opens. */
import { self } from "../wire/identity.ts";
import type { Hello } from "../wire/messages.ts";
import { helloOf } from "./hello-of.ts";

export function helloFromHere(): Hello {
  return helloOf(self.pid, self.host);
}
