/**
 * Real OpenSSH servers for tests: private ones, with their own keys and files, as children of the test process. `startSshd` gives
 * one; it also runs inside a host of hosts.ts.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { programPath } from "./needs.ts";
import { descendants, signal } from "./processes.ts";
import { waitFor } from "./wait-for.ts";

/** Keys of a user, made once for several servers. */
export interface UserKeys {
  dir: string;
  /** A private key, its passphrase is empty. */
  key: string;
  /** A private key with a passphrase. */
  lockedKey: string;
  passphrase: string;
}

export interface SshServer {
  dir: string;
  host: string;
  port: number;
  /** A configuration for ssh that knows the server, its key and the user's key. */
  configFile: string;
  knownHostsFile: string;
  /** The server's own key, as a line of a `.pub` file. */
  hostKey: string;
  /** What the server has logged. */
  log(): string;
  stop(): Promise<void>;
}

export interface SshdOptions {
  keys: UserKeys;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default: a free one. */
  port?: number;
  /** Further lines of sshd_config. */
  config?: string;
  /** Words before the command, such as those that enter a namespace. */
  within?: readonly string[];
  /** The name under which the ssh configuration knows the server. Default "server". */
  alias?: string;
}

/** Makes the keys of a user in a new folder. */
export function makeUserKeys(): UserKeys {
  const dir = mkdtempSync("/tmp/tjl-keys-");
  const passphrase = "secret pass";
  const key = join(dir, "id_open");
  const lockedKey = join(dir, "id_locked");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", key]);
  // One round of the key derivation: the usual 24 take a second each time the passphrase is tried.
  execFileSync("ssh-keygen", ["-q", "-a", "1", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", lockedKey]);
  return { dir, key, lockedKey, passphrase };
}

/** Starts a server and waits until it listens. */
export async function startSshd(options: SshdOptions): Promise<SshServer> {
  const { keys, host = "127.0.0.1", within = [], alias = "server" } = options;
  const port = options.port ?? (await freePort());
  const dir = mkdtempSync("/tmp/tjl-sshd-");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "host", "-f", join(dir, "host_key")]);
  writeFileSync(
    join(dir, "authorized_keys"),
    [keys.key, keys.lockedKey].map((file) => readFileSync(`${file}.pub`, "utf8")).join(""),
  );
  // sshd reads it as the user who logs in.
  chmodSync(dir, 0o755);
  writeFileSync(
    join(dir, "sshd_config"),
    `Port ${port}
ListenAddress ${host}
HostKey ${dir}/host_key
PidFile none
AuthorizedKeysFile ${dir}/authorized_keys
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
# What a machine's ~/.bashrc does, slowly or not at all, is not what is tested: bash leaves it out within another shell.
SetEnv SHLVL=2
LogLevel VERBOSE
Subsystem sftp internal-sftp
${options.config ?? ""}
`,
  );
  // sshd of root insists on this folder, whatever its configuration.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const logFile = join(dir, "log");
  writeFileSync(logFile, "");
  const sshd = programPath("sshd") ?? "sshd";
  const words = [...within, sshd, "-D", "-f", join(dir, "sshd_config"), "-E", logFile];
  const child = spawn(words[0] as string, words.slice(1), { stdio: "ignore", env: { PATH: process.env.PATH } });
  const log = () => readFileSync(logFile, "utf8");
  await waitFor("sshd listens", () => {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${log()}`);
    return log().includes("Server listening");
  });

  const hostKey = readFileSync(join(dir, "host_key.pub"), "utf8").split(" ").slice(0, 2).join(" ");
  const knownHostsFile = join(dir, "known_hosts");
  writeFileSync(knownHostsFile, `${port === 22 ? host : `[${host}]:${port}`} ${hostKey}\n`);
  const configFile = join(dir, "config");
  writeFileSync(configFile, clientConfig({ alias, host, port, keys, knownHostsFile }));
  return { dir, host, port, configFile, knownHostsFile, hostKey, log, stop: () => stop(child, dir) };
}

/** A block of ~/.ssh/config for one server. */
export function clientConfig(server: {
  alias: string;
  host: string;
  port: number;
  keys: UserKeys;
  knownHostsFile: string;
}): string {
  return `Host ${server.alias}
  HostName ${server.host}
  Port ${server.port}
  User ${userInfo().username}
  IdentityFile ${server.keys.key}
  IdentityAgent none
  UserKnownHostsFile ${server.knownHostsFile}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
`;
}

async function stop(child: ChildProcess, dir: string): Promise<void> {
  // The processes of each login are the listener's descendants as long as it lives.
  const sessions = descendants(child.pid ?? 0);
  child.kill("SIGKILL");
  for (const { pid } of sessions) signal(pid, "SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once("exit", resolve));
  rmSync(dir, { recursive: true, force: true });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export interface Agent {
  socket: string;
  add(key: string, passphrase?: string): void;
  stop(): void;
}

/** A real ssh-agent. */
export async function startAgent(): Promise<Agent> {
  const dir = mkdtempSync("/tmp/tjl-agent-");
  const socket = join(dir, "agent");
  const child = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  await waitFor("the agent listens", () => existsSync(socket));
  return {
    socket,
    add(key, passphrase) {
      const env: NodeJS.ProcessEnv = { ...process.env, SSH_AUTH_SOCK: socket };
      if (passphrase !== undefined) {
        // ssh-add takes the passphrase from a program only.
        const answer = join(dir, "answer");
        writeFileSync(answer, `#!/bin/sh\necho '${passphrase}'\n`, { mode: 0o700 });
        Object.assign(env, { SSH_ASKPASS: answer, SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0" });
      }
      const copy = join(dir, "key");
      copyFileSync(key, copy);
      execFileSync("ssh-add", ["-q", copy], { env, stdio: "pipe" });
      rmSync(copy);
    },
    stop() {
      child.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
