/** Workers that another worker started on its host: their output and their end reach the master through that worker. */
import { PassThrough } from "node:stream";
import type { WorkerConfig } from "./cluster-manager.ts";

interface Child {
  stdout: PassThrough;
  stderr: PassThrough;
  end(exit: { exitCode?: number | undefined; signal?: string | undefined }): void;
  config: Required<Pick<WorkerConfig, "io" | "stderr" | "exited">>;
}

const children = new Map<string, Child>();

function childOf(parent: number, ospid: number): Child {
  const key = `${parent}:${ospid}`;
  const known = children.get(key);
  if (known) return known;
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let end: Child["end"] = () => {};
  const exited = new Promise<{ exitCode?: number | undefined; signal?: string | undefined }>((resolve) => {
    end = (exit) => {
      stdout.end();
      stderr.end();
      children.delete(key);
      resolve(exit);
    };
  });
  const child: Child = { stdout, stderr, end, config: { io: stdout, stderr, exited } };
  children.set(key, child);
  return child;
}

/** The streams by which the master hears of the child `ospid` of worker `parent`. */
export function relayedChild(parent: number, ospid: number): Child["config"] {
  return childOf(parent, ospid).config;
}

export function childWrote(parent: number, ospid: number, stream: "stdout" | "stderr", text: Uint8Array): void {
  childOf(parent, ospid)[stream].write(text);
}

export function childEnded(parent: number, ospid: number, exit: Parameters<Child["end"]>[0]): void {
  childOf(parent, ospid).end(exit);
}

/** The worker that relayed for them has ended, and so have they. */
export function relayLost(parent: number): void {
  for (const [key, child] of [...children]) if (key.startsWith(`${parent}:`)) child.end({});
}
