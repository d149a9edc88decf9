/** Runs in every test process before its tests: an environment without what the developer's own machine adds. */
import { cleanEnvironment } from "./run-tjl.ts";

// A registry may be behind a proxy whose certificate only this names; it makes every start of Node 20 slower.
process.env.TJL_TEST_CA_CERTS ??= process.env.NODE_EXTRA_CA_CERTS ?? "";

for (const name of Object.keys(process.env)) {
  if (!(name in cleanEnvironment())) delete process.env[name];
}
