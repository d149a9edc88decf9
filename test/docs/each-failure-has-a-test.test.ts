/** The table of docs/guide/failures.md promises things; each row has a test, and this list says where. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "../support/run-tjl.ts";

/** By the beginning of a row: the file of its test, and words of that. */
const tests: Record<string, [file: string, words: string]> = {
  "your function throws": ["runtime/calls/calls-and-references", "RemoteError"],
  "`kill -9` of a worker": ["unbreakable/worker-dies", '"kill -9"'],
  "a worker runs out of memory": ["unbreakable/worker-dies", "memory that runs out"],
  "`process.exit(3)` in your function": ["unbreakable/worker-dies", "process.exit in user code"],
  "`process.abort()`": ["unbreakable/worker-dies", '"process.abort"'],
  "an unhandled rejection": [
    "unbreakable/background-errors-are-told",
    "an unhandled rejection and an exception in a timer",
  ],
  "an endless loop, and": ["unbreakable/stop-what-runs", '"an endless loop"'],
  "the same after an `await`": ["unbreakable/stop-what-runs", "an endless loop after an await"],
  "native code that does not return": ["unbreakable/stop-what-runs", "native code that does not return"],
  "an ES module that is being loaded": [
    "unbreakable/half-loaded-modules",
    "comes to its end before the call is stopped",
  ],
  "an aborted signal": ["unbreakable/stop-what-runs", "an aborted signal stops its own call"],
  "a worker that computes for minutes": ["unbreakable/stop-what-runs", "a busy worker is busy, not lost"],
  "this program computes": ["unbreakable/background-errors-are-told", "are called again"],
  "a worker that does not start": ["runtime/cluster/workers-that-do-not-start", "LaunchError"],
  "a host that vanishes": ["managers/ssh-hosts-lost", "cut off or without power"],
  "the master ends": ["unbreakable/no-worker-outlives-its-master", "SIGKILL"],
  "`rmprocs`": ["unbreakable/rmprocs-ends-what-runs", "what ends is answered"],
  "an argument or a result of 2 GiB": ["runtime/wire/link", "large values come back"],
  "a value too large to send": ["runtime/wire/values-refused", "what the other side would end the connection for"],
  "nobody reads stdout": ["unbreakable/full-disk-and-closed-output", "tjl whose stdout is closed"],
  "a disk is full": ["unbreakable/full-disk-and-closed-output", "a full disk"],
  "a stranger connects": ["unbreakable/hostile-peers", "10,000 connections"],
  "more is sent than a worker takes": ["unbreakable/backpressure", "is refused before it fills the memory"],
};

test("each row of the table of failures", () => {
  const page = readFileSync(`${root}/docs/guide/failures.md`, "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
  const faults = rows.slice(1).map((row) => row.slice(2));
  for (const fault of faults) expect(Object.keys(tests).filter((start) => fault.startsWith(start))).toHaveLength(1);
  expect(faults).toHaveLength(Object.keys(tests).length);
  for (const [file, words] of Object.values(tests)) {
    expect(readFileSync(`${root}/test/${file}.test.ts`, "utf8")).toContain(words);
  }
});
