/** Requests that need a module which is still being imported, and what comes behind them. */
import { expect, test } from "vitest";
import { runDriver } from "../../support/run-driver.ts";

/** Runs a driver beside lib.ts, whose import takes `importing` on workers. */
async function run(driver: string, importing: string): Promise<string> {
  const lib = `if (myid() > 1) ${importing};\nexport const twice = (n: number) => 2 * n;`;
  const files = { "lib.ts": lib };
  const { stdout, stderr } = await runDriver(`import { twice } from "./lib.ts";\n${driver}`, { files });
  expect(stderr).toBe("");
  return stdout;
}

test("a reference that is freed right after it was sent is still there for them", async () => {
  const driver = `const [x, y] = [2, 2].map((pid) => remotecall(pid, () => 42));
const first = remotecallFetch(2, async (f, x) => [f(1), await x.fetch()], twice, x);
const second = remotecallFetch(2, (y) => y.fetch(), y);
x.free(); y.free();
console.log(await first, await second);`;
  expect(await run(driver, "await new Promise((done) => setTimeout(done, 100))")).toBe("[ 2, 42 ] 42\n");
});

test("they can be stopped, and those behind go on; the worker lives", async () => {
  const driver = `const giveUp = new AbortController();
const text = (error: Error) => error.message;
const calls = withSignal(giveUp.signal, () => [
  remotecallFetch(2, (f) => f(1), twice).catch(text),
  remotecallFetch(2, () => new Promise(() => {})).catch(text),
]);
const behind = remotecallFetch(2, () => "behind");
await remotecallFetch(3, () => 0);
giveUp.abort();
console.log(await Promise.all(calls), await behind);
const stuck = [remotecallFetch(2, twice, 1).catch(text), remotecall(2, twice, 1).fetch().catch(text)];
await interrupt(2);
console.log(await Promise.all(stuck), await remotecallFetch(2, () => "alive"));`;
  const stopped = "[ 'interrupted on worker 2', 'interrupted on worker 2' ]";
  expect(await run(driver, "await new Promise(() => {})")).toBe(`${stopped} behind\n${stopped} alive\n`);
});
