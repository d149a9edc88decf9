import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/run-tjl.ts";

test("a worker starts where one of its number was killed and left its files", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tjl-left-"));
  // The shell becomes the worker, so that it knows its number before.
  const leave =
    'for end in sock run ctl; do : > "$1/$$.$end"; done; exec "$2" "$3" --worker "--bind-to=$1" --cookie "$4"';
  const words = ["sh", folder, process.execPath, `${root}/dist/worker.cjs`, "0".repeat(32)];
  const worker = spawn("/bin/sh", ["-c", leave, ...words], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const [said] = await once(worker.stdout.setEncoding("utf8"), "data");
    expect(said).toBe(`tjl_worker:0#${join(folder, `${worker.pid}.sock`)}\n`);
  } finally {
    worker.stdin.end();
    await once(worker, "exit");
    rmSync(folder, { recursive: true });
  }
});

test("a worker whose master ends before it comes takes the folder of both with it", async () => {
  const folder = join(tmpdir(), `tjl-${randomBytes(8).toString("hex")}`);
  const words = [`${root}/dist/worker.cjs`, "--worker", `--bind-to=${folder}`];
  const workers = [1, 2].map(() => spawn(process.execPath, words, { stdio: ["pipe", "ignore", "inherit"] }));
  for (const { stdin } of workers) stdin.end(`${"0".repeat(32)}\n`);
  await Promise.all(workers.map((worker) => once(worker, "exit")));
  expect(existsSync(folder)).toBe(false);
});
