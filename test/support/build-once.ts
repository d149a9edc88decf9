/** Runs once before all tests: builds dist/ unless it is newer than every source. TJL_NO_BUILD=1 takes dist/ as it is. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export default function buildOnce(): void {
  if (process.env.TJL_NO_BUILD) return;
  execFileSync(process.execPath, ["scripts/build.mjs", "--no-types", "--if-stale"], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: ["ignore", "inherit", "inherit"],
  });
}
