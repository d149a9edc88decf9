// How long it takes from `interrupt` until the caller of code that never ends has its InterruptError, while `busy` other processes compute. Prints the
// longest time of all kinds as {"value": …}, and what each kind took on stderr.
import { spawn } from "node:child_process";

const [busy = "0", rounds = "5", only] = process.argv.slice(2);
const others = Array.from({ length: Number(busy) }, () => spawn(process.execPath, ["-e", "for (;;);"]));
process.once("exit", () => others.forEach((other) => void other.kill("SIGKILL")));
const [first] = workers();

const endless = {
  loop: () => {
    for (;;);
  },
  "loop that catches": () => {
    for (;;) {
      try {
        for (;;);
      } catch {}
    }
  },
  "regular expression": () => /^(a+)+$/.test(`${"a".repeat(60)}b`),
  "never settled": () => new Promise(() => {}),
  "loop after an await": async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (;;);
  },
  promises: async () => {
    for (;;) await null;
  },
  "process.nextTick": () =>
    new Promise(() => {
      const f = () => process.nextTick(f);
      setTimeout(f, 5);
    }),
  "loop in a timer": () =>
    new Promise(() => {
      setTimeout(() => {
        for (;;);
      }, 5);
    }),
  "one timer after the other": () =>
    new Promise(() => {
      const f = () => {
        const end = performance.now() + 30;
        while (performance.now() < end);
        setTimeout(f, 0);
      };
      f();
    }),
};

const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
let longest = 0;
for (const [name, f] of Object.entries(endless)) {
  if (only && name !== only) continue;
  const times = [];
  for (let i = 0; i < Number(rounds); i++) {
    const stuck = remotecallFetch(first, f).catch((error) => error);
    await new Promise((resolve) => setTimeout(resolve, 150 + 13 * i));
    const from = performance.now();
    const stopped = interrupt(first);
    const error = await stuck;
    if (error.name !== "InterruptError") throw error;
    times.push(performance.now() - from);
    await stopped;
    if ((await remotecallFetch(first, () => 1)) !== 1) throw new Error("the worker is not as it was");
  }
  longest = Math.max(longest, ...times);
  console.error(
    `${name.padEnd(26)} median ${median(times).toFixed(0)} ms, longest ${Math.max(...times).toFixed(0)} ms`,
  );
}
console.log(JSON.stringify({ value: longest }));
