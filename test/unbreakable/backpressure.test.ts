/** What is sent faster than it is taken waits where it can, and is refused where it cannot: the memory of the sender is not filled. */
import { expect, test } from "vitest";
import { driverJson, runDriver } from "../support/run-driver.ts";

/** Runs the body in a driver with worker 2 busy for ever, and worker 3 free; prints what it gives. */
const withBusyWorker = (body: string) => `
import { Channel, interrupt, pmap, RemoteChannel, remotecall, remotecallFetch, remoteDo, QueueFullError, RemoteError, WorkerPool } from "tjulia";
const mib = () => process.memoryUsage().rss / 2 ** 20;
const busy = remotecallFetch(2, () => { for (;;); }).catch((error) => error.name);
const before = mib();
${body}
await interrupt(2);
console.log(JSON.stringify({ ...told, busy: await busy, lives: await remotecallFetch(2, () => "lives") }));
process.exit(0);
`;

/** What the flood ended with, and how long it lasted. */
const flood = (send: string) => `
let told: Record<string, unknown> = {};
const f = (x: unknown) => x;
let sent = 0;
try {
  for (; sent < 1_000_000; sent++) ${send};
} catch (error) {
  const { name, code, pid, message } = error as QueueFullError;
  told = { isOfClass: error instanceof QueueFullError, name, code, pid, message };
}
told = { ...told, sent, grown: mib() - before };
`;

const env = { TJL_QUEUE_LIMIT: "8" };
const refused = { isOfClass: true, name: "QueueFullError", code: "TJL_QUEUE_FULL", pid: 2 };

const floods: Record<string, [send: string, atLeast: number, atMost: number]> = {
  "remotecall in a loop": ["remotecall(2, f, sent)", 5_000, 100_000],
  "remotecallFetch in a loop": ["remotecallFetch(2, f, sent).catch(() => {})", 5_000, 100_000],
  "remoteDo in a loop": ["remoteDo(2, f, sent)", 5_000, 100_000],
  "large arguments in a loop": ["remotecall(2, f, new Uint8Array(2 ** 20))", 8, 40],
};
for (const [name, [send, atLeast, atMost]] of Object.entries(floods)) {
  test.concurrent(`${name} to a busy worker is refused before it fills the memory, and the worker lives on`, async () => {
    const told = await driverJson<Record<string, unknown>>(withBusyWorker(flood(send)), { env });
    expect(told).toMatchObject({ ...refused, busy: "InterruptError", lives: "lives" });
    expect(told.message).toMatch(
      /^worker 2 takes messages slower than they are sent: [89] MiB wait, the limit is 8 MiB/,
    );
    expect(told.sent).toBeGreaterThanOrEqual(atLeast);
    expect(told.sent).toBeLessThan(atMost);
    expect(told.grown).toBeLessThan(120);
  });
}

test.concurrent("a worker that floods another one gets the error, and who called it gets it as the cause", async () => {
  const body = `
const error = await remotecallFetch(3, () => {
  const f = (x: number) => x;
  for (let i = 0; i < 1_000_000; i++) remotecall(2, f, i);
}).catch((error) => error);
const { name, code, pid, message } = error.cause;
const told = { remote: error instanceof RemoteError, isOfClass: error.cause instanceof QueueFullError, name, code, pid, message };
`;
  const told = await driverJson<Record<string, unknown>>(withBusyWorker(body), { env });
  expect(told).toMatchObject({ remote: true, ...refused, busy: "InterruptError", lives: "lives" });
  expect(told.message).toContain("the limit is 8 MiB");
});

test.concurrent("a map with a slow worker reads no further than its workers are, and a full channel lets its writer wait", async () => {
  const told = await driverJson<{ read: number; grown: number; put: number }>(
    withBusyWorker(`
let read = 0;
async function* source() {
  for (; read < 1000; read++) yield new Uint8Array(2 ** 20);
}
const giveUp = new AbortController();
const map = pmap((x: Uint8Array) => x.length, source(), { signal: giveUp.signal, pool: new WorkerPool([2]) }).catch(() => {});
const channel = new RemoteChannel<Uint8Array>(() => new Channel(4), 3);
let put = 0;
const writer = (async () => { for (; put < 1000; put++) await channel.put(new Uint8Array(2 ** 20)); })().catch(() => {});
// Answers of worker 3 come after what was put before: by then all has been read and put that ever is.
let last = -1;
while (put < 4 || last !== read + put) {
  last = read + put;
  for (let i = 0; i < 50; i++) await remotecallFetch(3, () => 1);
}
const told = { read, put, grown: mib() - before };
giveUp.abort();
channel.close();
await Promise.all([map, writer]);
`),
  );
  expect(told.put).toBe(4);
  expect(told.read).toBeLessThan(10);
  expect(told.grown).toBeLessThan(150);
});

test.concurrent("a limit that is no number is told", async () => {
  const { status, stderr } = await runDriver("console.log(1)", { workers: 1, env: { TJL_QUEUE_LIMIT: "much" } });
  expect(status).not.toBe(0);
  expect(stderr).toContain('TJL_QUEUE_LIMIT is a number of MiB, not "much"');
});
