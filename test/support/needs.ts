/**
 * Tests of what only some machines have: an SSH server, network namespaces, Slurm. Where it is missing they are skipped and their
 * names say what is missing; under CI they fail, because a test that never runs proves nothing.
 */
import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { describe, test } from "vitest";

export interface Needs {
  /** Programs on PATH, /usr/sbin or /sbin. */
  programs?: readonly string[];
  root?: boolean;
  /** Something that only trying tells: gives the reason when it is not there. */
  trial?: () => string | undefined;
}

/** As vitest's `describe`, when all is there. */
export function describeWith(name: string, needs: Needs, body: () => void): void {
  const reason = missing(needs);
  if (!reason) describe(name, body);
  else if (process.env.CI === "true") {
    test(name, () => {
      throw new Error(`cannot run here: ${reason}; scripts/test-services.sh installs what is missing`);
    });
  } else describe.skip(`${name} (skipped: ${reason})`, body);
}

function missing({ programs = [], root, trial }: Needs): string | undefined {
  const absent = programs.filter((program) => !programPath(program));
  if (absent.length > 0) return `no ${absent.join(", ")}`;
  if (root && process.getuid?.() !== 0) return "not root";
  return trial?.();
}

/** Where a program is; administrators' folders are looked at too. */
export function programPath(program: string): string | undefined {
  for (const folder of [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"]) {
    try {
      accessSync(`${folder}/${program}`, constants.X_OK);
      return `${folder}/${program}`;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

/** Whether this kernel gives root network namespaces with bridges and packet filters. */
export function namespaceTrial(): string | undefined {
  const attempt = [
    "ip link add tjlv0 type veth peer name tjlv1",
    "ip link add tjlbr type bridge",
    "ip link set tjlv0 master tjlbr",
    "nft add table netdev t",
  ].join(" && ");
  try {
    execFileSync("unshare", ["--net", "--uts", "--ipc", "--mount", "--pid", "--fork", "sh", "-c", attempt], {
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
      stdio: "pipe",
    });
    return undefined;
  } catch (error) {
    return `no network namespaces: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`;
  }
}
