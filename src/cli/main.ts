// Provisional, by the founder, so that others can run drivers: helper L replaces this file.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as tjulia from "../index.ts";
import { loadEverywhere } from "../runtime/calls/loading.ts";
import { importModule, setDriver } from "../runtime/closures/modules.ts";
import { shutdown } from "../runtime/cluster/leave.ts";

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const loads: string[] = [];
  let procs = 0;
  while (argv[0]?.startsWith("-")) {
    const flag = argv.shift();
    if (flag === "-p") procs = Number(argv.shift());
    if (flag === "-L") loads.push(argv.shift() as string);
  }
  for (const [name, value] of Object.entries(tjulia)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
  if (procs) await tjulia.addprocs(procs);
  for (const file of loads) await loadEverywhere(pathToFileURL(resolve(file)).href);
  const driver = resolve(argv.shift() as string);
  process.argv.splice(1, process.argv.length, driver, ...argv);
  setDriver(pathToFileURL(driver).href);
  await importModule(pathToFileURL(driver).href);
  await shutdown();
}
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
