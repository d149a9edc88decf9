// How the tests run: three files at a time in processes of their own (two cores are the smallest machine we promise, and tests of hosts
// that are lost mostly wait), the built tjl for everything that starts processes, src/*.ts directly for the pure parts.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // Files are handed to the runner as Node sees them; nothing is bundled for a browser.
  resolve: { alias: { tjulia: fileURLToPath(new URL("dist/index.js", import.meta.url)) } },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    // Three files at once on two cores; on larger machines half the cores, because most tests start workers.
    maxWorkers: Math.max(3, Math.floor((Number(process.env.TJL_TEST_CORES) || 2) / 2)),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    globalSetup: ["test/support/build-once.ts"],
    setupFiles: ["test/support/environment.ts"],
    reporters: ["default", "./test/support/plain-summary.ts"],
    server: { deps: { external: [/\/dist\//] } },
    sequence: { hooks: "stack" },
    // Within a file that says test.concurrent.
    maxConcurrency: 3,
  },
});
