/** The user's startup file, `~/.config/tjl/startup.ts`: run before the first entry, its declarations are variables of the session. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The file when it is there; XDG_CONFIG_HOME is honoured. */
export function startupFile(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const file = join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "tjl", "startup.ts");
  return existsSync(file) ? file : undefined;
}

export function readStartupFile(file: string): string {
  return readFileSync(file, "utf8").trimEnd();
}
