/** Runs in every test process before its tests: an environment without what the developer's own machine adds. */
import { cleanEnvironment } from "./run-tjl.ts";

for (const name of Object.keys(process.env)) {
  if (!(name in cleanEnvironment())) delete process.env[name];
}
