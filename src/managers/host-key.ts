/** Whether the key that a server showed is accepted: reads the known_hosts files, asks where asking is allowed, remembers. */
import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Asker, confirm } from "./asker.ts";
import {
  checkHostKey,
  fingerprint,
  formatKnownHost,
  type KnownHost,
  keyType,
  knownHostName,
  knownKeyTypes,
  parseKnownHosts,
} from "./known-hosts.ts";
import type { SshSettings } from "./ssh-config.ts";
import { StageError } from "./stage.ts";

/** Every known host of the files that the settings name. Throws a StageError for one that cannot be read. */
export function readKnownHosts(settings: SshSettings): KnownHost[] {
  return [...settings.userKnownHostsFiles, ...settings.globalKnownHostsFiles].flatMap((file) => {
    try {
      return parseKnownHosts(readFileSync(file, "utf8"), file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new StageError("host key", `the known hosts in ${file} cannot be read: ${(error as Error).message}`);
    }
  });
}

/** The host key algorithms to ask for, those of known keys first. Undefined: the usual ones. */
export function preferredAlgorithms(known: readonly KnownHost[], settings: SshSettings): string[] {
  const types = knownKeyTypes(known, nameOf(settings), settings.port);
  return types.flatMap((type) => (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [type]));
}

/** Resolves when the key is accepted. Rejects with a StageError that has the fingerprints and what to do. */
export async function acceptHostKey(
  settings: SshSettings,
  known: readonly KnownHost[],
  key: Buffer,
  asker: Asker | undefined,
): Promise<void> {
  const name = nameOf(settings);
  const shown = `${fingerprint(key)} (${keyType(key)})`;
  const verdict = checkHostKey(known, name, settings.port, key);
  switch (verdict.kind) {
    case "known":
      return;
    case "revoked":
      throw new StageError("host key", `the key of ${name} is revoked: ${shown}, in ${place(verdict.entry)}`);
    case "authority":
      throw new StageError(
        "host key",
        `${name} is known through a certificate authority (${place(verdict.entry)}), which needs the system's ssh; its key is ${shown}`,
        `addprocs(…, { sshcmd: "ssh" }), or --manager-opt sshcmd=ssh`,
      );
    case "changed": {
      const expected = verdict.entries.map((e) => `${fingerprint(e.key)} (${e.type}, ${place(e)})`).join(", ");
      throw new StageError(
        "host key",
        `the key of ${name} has CHANGED: known is ${expected}; the server shows ${shown}. Somebody may be listening in`,
        `when the change is expected: ssh-keygen -R '${knownHostName(name, settings.port)}' -f ${verdict.entries[0]?.file}`,
      );
    }
    case "unknown":
      await acceptUnknown(settings, name, key, shown, asker);
  }
}

async function acceptUnknown(
  settings: SshSettings,
  name: string,
  key: Buffer,
  shown: string,
  asker: Asker | undefined,
): Promise<void> {
  const policy = settings.strictHostKeyChecking;
  if (policy === "no") return;
  const ask = policy === "ask" && !settings.batchMode ? asker : undefined;
  const question = `The key of ${knownHostName(name, settings.port)} is not known: ${shown}\nIs it the right one, and shall it be remembered?`;
  if (policy !== "accept-new" && !(ask && (await confirm(ask, question)))) {
    throw new StageError(
      "host key",
      `the key of ${name} is not known: ${shown}`,
      `ssh ${settings.alias} true    (shows the key, and remembers it when you say so)`,
    );
  }
  remember(settings, knownHostName(name, settings.port), key);
}

function remember(settings: SshSettings, name: string, key: Buffer): void {
  const file = settings.userKnownHostsFiles[0];
  if (!file || file === "/dev/null") return;
  const line = formatKnownHost(name, key, settings.hashKnownHosts ? randomBytes(20) : undefined);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    appendFileSync(file, endsInLine(file) ? line : `\n${line}`, { mode: 0o600 });
  } catch (error) {
    throw new StageError("host key", `the key of ${name} cannot be remembered in ${file}: ${(error as Error).message}`);
  }
}

function endsInLine(file: string): boolean {
  try {
    const text = readFileSync(file, "utf8");
    return text === "" || text.endsWith("\n");
  } catch {
    return true;
  }
}

function nameOf(settings: SshSettings): string {
  return settings.hostKeyAlias ?? settings.hostName;
}

function place(entry: KnownHost): string {
  return `${entry.file}:${entry.line}`;
}
