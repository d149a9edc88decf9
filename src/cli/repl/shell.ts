/** `;command` at the prompt: runs it in the user's shell, on this terminal. */
import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { resolve } from "node:path";

/** Runs the command with the terminal as its own; the status it ends with. `;cd folder` changes the prompt's own folder. */
export async function runShell(command: string): Promise<number> {
  const folder = /^\s*cd(?:\s+(.*?))?\s*$/.exec(command);
  if (folder) {
    process.chdir(resolve((folder[1] || "~").replace(/^~(?=\/|$)/, homedir())));
    return 0;
  }
  const shell = process.env.SHELL || "/bin/sh";
  const child = spawn(shell, ["-c", command], { stdio: "inherit" });
  return new Promise((settle, reject) => {
    child.once("error", reject);
    child.once("exit", (status, signal) => settle(status ?? (signal === "SIGINT" ? 130 : 1)));
  });
}
