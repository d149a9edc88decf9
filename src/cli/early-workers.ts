/**
 * Starts the workers of -p before the runtime is loaded: they boot while this process does the rest. LocalManager takes them over, since it
 * asks for the same. Not for the prompt, which is to be there first.
 */
import { availableParallelism } from "node:os";
import { workerCommand } from "../package.ts";
import { ownCookie } from "../runtime/cluster/cookie.ts";
import { helloOf } from "../runtime/cluster/hello-of.ts";
import { startEarly } from "../runtime/cluster/spawn-workers.ts";

/** As many as LocalManager starts at once on the smallest machine; the others come in their turn. */
const AT_ONCE = 8;

export function startWorkersEarly(procs: number | "auto"): void {
  const count = Math.min(procs === "auto" ? availableParallelism() : procs, AT_ONCE);
  const options = {
    command: workerCommand(process.execPath, []),
    cookie: ownCookie(),
    dir: process.cwd(),
    env: {},
    hello: helloOf(1),
  };
  startEarly(options, count);
}
