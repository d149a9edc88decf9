/** Runs TypeScript given as text as a driver on real workers: `tjl -p n driver.ts`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunOptions, type RunResult, runTjl } from "./run-tjl.ts";

export interface DriverOptions extends RunOptions {
  /** Local workers. Default 2; 0 for none. */
  workers?: number;
  /** Further files beside the driver, by name. */
  files?: Record<string, string>;
  /** Words before the driver's name. */
  flags?: string[];
  /** Words after it. */
  args?: string[];
}

/** Runs the driver and gives what it printed. */
export async function runDriver(source: string, options: DriverOptions = {}): Promise<RunResult & { folder: string }> {
  const { workers = 2, files = {}, flags = [], args = [], ...run } = options;
  const folder = mkdtempSync(join(tmpdir(), "driver-"));
  try {
    writeFileSync(join(folder, "driver.ts"), source);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const count = workers > 0 ? ["-p", String(workers)] : [];
    const result = await runTjl([...count, ...flags, "driver.ts", ...args], { cwd: folder, ...run });
    return { ...result, folder };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the driver and gives the JSON that it printed; fails when it did not end well. */
export async function driverJson<T = unknown>(source: string, options: DriverOptions = {}): Promise<T> {
  const result = await runDriver(source, options);
  if (result.status !== 0) throw new Error(`status ${result.status}\n${result.stdout}${result.stderr}`);
  return JSON.parse(result.stdout) as T;
}
