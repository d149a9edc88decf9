/**
 * `tjl --machinefile F -L lib.ts driver.ts` over hosts where nothing but Node is: the program, the files of -L, the driver's imports and
 * their packages are sent; stacks and classes are as at home; the rest goes on when a host is cut off in mid-run.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Host, type Hosts, startHosts } from "../support/hosts.ts";
import { describeWith, namespaceTrial } from "../support/needs.ts";
import { root, runTjl, startTjl } from "../support/run-tjl.ts";

const programs = ["sshd", "ssh", "ssh-keygen", "ip", "nft", "unshare", "nsenter", "setpriv", "bash"];

const project = {
  "lib.ts": `import { hostname } from "node:os";
import { Point } from "./deep/point.ts";
import settings from "./settings.json" with { type: "json" };
import { twice } from "little";
export enum Colour { Red = 3 }
export const square = (x: number): number => x * x;
export function where(): string {
  return [hostname(), settings.name, twice(4), Colour.Red].join(" ");
}
export const point = (x: number) => new Point(x);
export function fail(): never {
  throw new TypeError("as asked");
}
`,
  "deep/point.ts": `export class Point {
  constructor(public x: number) {}
  get double(): number {
    return this.x * 2;
  }
}
`,
  "settings.json": `{ "name": "settings" }`,
  "node_modules/little/package.json": `{ "name": "little", "version": "1.0.0", "main": "main.js" }`,
  "node_modules/little/main.js": `const { two } = require("./two");
const data = require("./data.json");
exports.twice = (x) => x * two() * data.one;
`,
  "node_modules/little/two.js": "module.exports = { two: () => 2 };\n",
  "node_modules/little/data.json": `{ "one": 1 }`,
  "driver.ts": `import { twice } from "little";
import { Point } from "./deep/point.ts";
const offset = 10;
const told = await Promise.all(workers().map((p) => remotecallFetch(p, () => [square(7) + offset, where(), twice(21)].join())));
console.log(told.sort().join("\\n"));
console.log((await pmap((x: number) => square(x), range(6))).join());
const there = await remotecallFetch(2, () => point(8));
console.log(there instanceof Point, there.double, process.argv.slice(2).join("|"));
const d = await drand(100, 10);
console.log((await d.sum()) > 0);
await remotecallFetch(3, () => fail());
`,
  "long.ts": `const slow = (x: number) => new Promise((resolve) => setTimeout(resolve, 40, x));
const gone = remotecallFetch(2, () => new Promise(() => {})).catch((error) => error);
console.log("running", await remotecallFetch(2, () => process.env.SSH_CONNECTION));
const values = await pmap(slow, range(200), { retryDelays: [0.1, 0.1, 0.1] });
console.log(values.length, (await gone).code, (await gone).host, workers().length);
`,
};

describeWith("code that is sent", { programs, root: true, trial: namespaceTrial }, () => {
  let net: Hosts;
  const home = mkdtempSync("/tmp/tjl-project-");

  beforeAll(async () => {
    for (const [name, text] of Object.entries(project)) {
      mkdirSync(dirname(join(home, name)), { recursive: true });
      writeFileSync(join(home, name), text);
    }
    net = await startHosts({ hidden: [root, home] });
  });
  afterAll(async () => {
    await net?.stop();
    rmSync(home, { recursive: true });
  });

  const env = () => ({ TJL_SSH_CONFIG: net.configFile, TJL_LOST_AFTER: "11" });
  const run = (...words: string[]) => runTjl(["--machinefile", net.machinefile, ...words], { cwd: home, env: env() });

  test("runs there as it runs here", async () => {
    const { stdout, stderr, status } = await run("-L", "lib.ts", "driver.ts", "a", "b c");
    expect(stdout, stderr).toBe(`59,h1 settings 8 3,42
59,h2 settings 8 3,42
59,h3 settings 8 3,42
0,1,4,9,16,25
true 16 a|b c
true
`);
    expect(stderr).toMatch(/TypeError: as asked/);
    expect(stderr).toMatch(/lib\.ts:12:9/);
    expect(status).toBe(1);
  });

  test("a file that is missing here too is the error of the import", async () => {
    const { stderr, status } = await run("-L", "nothing.ts", "driver.ts");
    expect(stderr).toMatch(/nothing\.ts/);
    expect(status).not.toBe(0);
  });

  test("one host is cut off in mid-run: its caller is told, the others finish", async () => {
    const tjl = startTjl(["--machinefile", net.machinefile, "long.ts"], { cwd: home, env: env(), timeoutMs: 60_000 });
    const [, address] = await tjl.printed(/running \S+ \S+ (\S+) 22/);
    const host = net.hosts.find((h) => h.address === address) as Host;
    host.isolate();
    const { stdout, stderr } = await tjl.done;
    expect(stdout, stderr).toMatch(new RegExp(`^200 TJL_WORKER_EXITED ${host.name} 2$`, "m"));
    host.heal();
  }, 70_000);
});
