// Starts bare workers and calls them: what a cluster costs when it does nothing but that.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Pipe } from "./pipe.mjs";

const workerFile = fileURLToPath(new URL("worker.mjs", import.meta.url));

/** Resolves when all `count` workers are connected. */
export function startRaw(count) {
  const folder = mkdtempSync(join(tmpdir(), "tjl-raw-"));
  const path = join(folder, "socket");
  const workers = [];
  return new Promise((resolve) => {
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      const handle = socket._handle;
      socket._handle = null;
      socket.destroy();
      workers.push(new RawWorker({ handle }));
      if (workers.length === count) resolve({ workers, stop });
    });
    const stop = () => {
      server.close();
      for (const worker of workers) worker.pipe.socket.destroy();
      rmSync(folder, { recursive: true, force: true });
    };
    server.listen(path, () => {
      for (let i = 0; i < count; i++) spawn(process.execPath, [workerFile, path], { stdio: "ignore" });
    });
  });
}

export class RawWorker {
  #pending = new Map();
  #next = 0;

  constructor(options) {
    this.pipe = new Pipe(options, (id, value) => {
      const resolve = this.#pending.get(id);
      this.#pending.delete(id);
      resolve(value);
    });
  }

  call(name, argument, array) {
    return new Promise((resolve) => {
      const id = ++this.#next;
      this.#pending.set(id, resolve);
      this.pipe.send(id, [name, argument], array);
    });
  }
}
