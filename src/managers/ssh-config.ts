/**
 * What ~/.ssh/config says of a host. Where an `ssh` binary exists it is asked (`ssh -G`), so that Include, Match, tokens and
 * defaults are exactly its own; else, and when HOME is not the account's home (ssh looks at the account only), the files are
 * read by ssh-config-files.ts. Tokens that ssh leaves to the user of an option are filled in here.
 */
import { execFile } from "node:child_process";
import { homedir, hostname, userInfo } from "node:os";
import { UsageError } from "../errors.ts";
import { readConfigFiles } from "./ssh-config-files.ts";

/** The settings of a connection, all decided. */
export interface SshSettings {
  /** The name that was asked for. */
  alias: string;
  hostName: string;
  port: number;
  user: string;
  identityFiles: string[];
  identitiesOnly: boolean;
  /** The agent's socket. */
  agent: string | undefined;
  /** Hosts to jump through, first one first, each `[user@]host[:port]`. */
  proxyJump: string[];
  /** A command whose standard input and output are the connection. */
  proxyCommand: string | undefined;
  /** The name under which the host key is known; default: hostName. */
  hostKeyAlias: string | undefined;
  userKnownHostsFiles: string[];
  globalKnownHostsFiles: string[];
  strictHostKeyChecking: "yes" | "ask" | "accept-new" | "no";
  hashKnownHosts: boolean;
  batchMode: boolean;
  addressFamily: 0 | 4 | 6;
  connectTimeoutSeconds: number | undefined;
  serverAliveIntervalSeconds: number | undefined;
}

export interface SshQuery {
  host: string;
  user?: string | undefined;
  port?: number | undefined;
  /** Flags as for ssh: `-F file`, `-i key`, `-o Option=value`, `-J jump`, … */
  flags?: readonly string[] | undefined;
  /** Another configuration file, as `-F`. */
  configFile?: string | undefined;
}

/** Options by their names in lower case, each with its values in order. */
export type RawOptions = ReadonlyMap<string, readonly string[]>;

/** The settings for a host. Throws a UsageError when the configuration cannot be read. */
export async function sshSettings(query: SshQuery): Promise<SshSettings> {
  const home = homedir();
  const raw = (isAccountHome(home) ? await askSsh(query) : undefined) ?? readConfigFiles(query, home);
  return settingsFrom(query.host, raw, {
    home,
    localUser: userInfo().username,
    localHost: hostname(),
    env: process.env,
  });
}

/** What the tokens of an option stand for, and where `~` and `${NAME}` lead. */
export interface TokenSource {
  home: string;
  localUser: string;
  localHost: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** Turns options into settings: pure. */
export function settingsFrom(alias: string, raw: RawOptions, source: TokenSource): SshSettings {
  const first = (name: string) => raw.get(name)?.[0];
  const hostName = expandTokens(first("hostname") ?? alias, { h: alias, n: alias });
  const port = Number(first("port") ?? 22);
  const user = first("user") ?? source.localUser;
  const tokens: Record<string, string> = {
    h: hostName,
    n: alias,
    p: String(port),
    r: user,
    u: source.localUser,
    d: source.home,
    l: source.localHost,
    L: source.localHost.split(".")[0] ?? "",
    k: first("hostkeyalias") ?? hostName,
  };
  const path = (text: string) => expandPath(text, tokens, source);
  const files = (name: string, defaults: readonly string[]) =>
    splitFiles(raw.get(name) ?? defaults)
      .filter((file) => file !== "none")
      .map(path);
  return {
    alias,
    hostName,
    port,
    user,
    identityFiles: files("identityfile", defaultIdentities),
    identitiesOnly: isYes(first("identitiesonly")),
    agent: agentSocket(first("identityagent"), path, source.env),
    proxyJump: jumps(first("proxyjump")),
    proxyCommand: isNone(first("proxycommand")) ? undefined : expandTokens(first("proxycommand") ?? "", tokens),
    hostKeyAlias: first("hostkeyalias"),
    userKnownHostsFiles: files("userknownhostsfile", ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]),
    globalKnownHostsFiles: files("globalknownhostsfile", ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]),
    strictHostKeyChecking: strictness(first("stricthostkeychecking")),
    hashKnownHosts: isYes(first("hashknownhosts")),
    batchMode: isYes(first("batchmode")),
    addressFamily: first("addressfamily") === "inet" ? 4 : first("addressfamily") === "inet6" ? 6 : 0,
    connectTimeoutSeconds: positive(first("connecttimeout")),
    serverAliveIntervalSeconds: positive(first("serveraliveinterval")),
  };
}

const defaultIdentities = ["~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"];

/** ssh takes the home from the account, not from HOME; asking it would give another user's files when these differ. */
function isAccountHome(home: string): boolean {
  return userInfo().homedir === home;
}

/** `ssh -G`; undefined where there is no ssh. */
function askSsh(query: SshQuery): Promise<RawOptions | undefined> {
  const { host, user, port, flags = [], configFile } = query;
  const args = ["-G", ...(configFile ? ["-F", configFile] : []), ...flags];
  if (user !== undefined) args.push("-l", user);
  if (port !== undefined) args.push("-p", String(port));
  return new Promise((resolve, reject) => {
    execFile("ssh", [...args, "--", host], { timeout: 20_000 }, (error, stdout, stderr) => {
      if (!error) return resolve(parseAnswer(stdout));
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return resolve(undefined);
      reject(new UsageError(`the SSH configuration for ${host} cannot be read: ${stderr.trim() || error.message}`));
    });
  });
}

/** Lines of `name value`, names in lower case. */
export function parseAnswer(text: string): RawOptions {
  const options = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (!name || value === undefined) continue;
    const values = options.get(name);
    if (values) values.push(value);
    else options.set(name, [value]);
  }
  return options;
}

/** ssh -G prints the files of one option in one line, unquoted: a piece that cannot begin a path belongs to the one before. */
function splitFiles(values: readonly string[]): string[] {
  const files: string[] = [];
  for (const value of values) {
    let started = false;
    for (const piece of value.split(" ")) {
      if (started && !/^[/~%$]/.test(piece)) files.push(`${files.pop()} ${piece}`);
      else files.push(piece);
      started = true;
    }
  }
  return files.map((file) => file.replace(/^"(.*)"$/, "$1"));
}

/** Fills in `%h` and its like; `%%` is a percent sign, what is not known stays. */
export function expandTokens(text: string, tokens: Readonly<Record<string, string>>): string {
  return text.replace(/%(.)/g, (whole, letter: string) => (letter === "%" ? "%" : (tokens[letter] ?? whole)));
}

function expandPath(text: string, tokens: Readonly<Record<string, string>>, source: TokenSource): string {
  const home = text === "~" || text.startsWith("~/") ? source.home + text.slice(1) : text;
  return expandTokens(home, tokens).replace(/\$\{(\w+)\}/g, (_, name: string) => source.env[name] ?? "");
}

function agentSocket(
  option: string | undefined,
  path: (text: string) => string,
  env: TokenSource["env"],
): string | undefined {
  if (option === "none") return undefined;
  if (option === undefined || option === "SSH_AUTH_SOCK") return env.SSH_AUTH_SOCK || undefined;
  const socket = option.replace(/^"(.*)"$/, "$1");
  return (/^\$\w+$/.test(socket) ? env[socket.slice(1)] : path(socket)) || undefined;
}

function jumps(option: string | undefined): string[] {
  return isNone(option) ? [] : (option ?? "").split(",").map((jump) => jump.trim().replace(/^ssh:\/\//, ""));
}

function isNone(option: string | undefined): boolean {
  return option === undefined || option === "" || option.toLowerCase() === "none";
}

function isYes(option: string | undefined): boolean {
  return option === "yes" || option === "true";
}

function positive(option: string | undefined): number | undefined {
  const number = Number(option);
  return number > 0 ? number : undefined;
}

function strictness(option: string | undefined): SshSettings["strictHostKeyChecking"] {
  if (option === "yes" || option === "true") return "yes";
  if (option === "no" || option === "off" || option === "false") return "no";
  return option === "accept-new" ? "accept-new" : "ask";
}
