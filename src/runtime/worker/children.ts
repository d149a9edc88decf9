/** Further workers on this host, started by the first one here: what they write and their ends are passed on to the master. */
import { availableParallelism } from "node:os";
import { workerFile, workerNodeFlags } from "../../package.ts";
import type { ClusterMessage, FurtherWorkers } from "../cluster/member.ts";
import { cluster } from "../cluster/peers.ts";
import { spawnWorker } from "../cluster/spawn-workers.ts";
import { encodeValue } from "../wire/codec.ts";
import { Kind } from "../wire/messages.ts";
import type { RemoteProcess } from "../wire/remote-process.ts";

export function launchChildren(workers: FurtherWorkers, ownBindTo: string, master: RemoteProcess): number[] {
  const count = workers.count === "auto" ? availableParallelism() - 1 : workers.count;
  const own = workers.exename === "" || workers.exename === process.execPath;
  const exename = own ? process.execPath : workers.exename;
  const file = process.argv[1] ?? workerFile;
  const command = [exename, ...workerNodeFlags, ...workers.exeflags, file, "--worker"];
  const say = (message: ClusterMessage) => master.post(Kind.CLUSTER, 0, encodeValue(message, master));
  return Array.from({ length: count }, () => {
    const { child, exited } = spawnWorker({
      command,
      cookie: cluster.cookie,
      dir: workers.dir || process.cwd(),
      env: workers.env,
      bindTo:
        workers.bindTo.replace(/:\d+$/, "") || (ownBindTo.startsWith("/") ? undefined : ownBindTo.replace(/:\d+$/, "")),
    });
    const ospid = child.pid ?? -1;
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]?.on("data", (text: Buffer) => say({ op: "childOutput", ospid, stream, text }));
    }
    exited.then(({ exitCode, signal }) => say({ op: "childEnd", ospid, exitCode, signal }));
    return ospid;
  });
}
