/** This host as one that an agent is started on: what the agent starts ends with this process, whatever ends it. */
import { spawn } from "node:child_process";
import { type RemoteAgent, startAgent } from "./remote-agent.ts";
import type { RemoteCommand, RemoteHost } from "./ssh-connection.ts";

/** Starts an agent here. */
export function startLocalAgent(): Promise<RemoteAgent> {
  return startAgent(thisHost, { nodes: [process.execPath], lookAround: false });
}

const thisHost: RemoteHost = {
  label: "local",
  async run(command): Promise<RemoteCommand> {
    // A group of its own, so that Ctrl-C in the terminal is not for it.
    const child = spawn("/bin/sh", ["-c", command], { stdio: "pipe", detached: true });
    child.stdin.on("error", () => {});
    const exited = new Promise<Awaited<RemoteCommand["exited"]>>((resolve) => {
      child.once("exit", (exitCode, signal) =>
        resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined }),
      );
      child.once("error", (error) => resolve({ reason: error.message }));
    });
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exited,
      unref() {
        child.unref();
        for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as { unref?(): void }).unref?.();
      },
      close: () => void child.stdin.end(),
    };
  },
  unref() {},
  close() {},
};
