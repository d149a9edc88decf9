/**
 * Reads ~/.ssh/config and /etc/ssh/ssh_config where no `ssh` can be asked. The npm package ssh-config parses the lines and
 * matches patterns; here are the rules it leaves out: Include, Match with all its criteria, first value wins across files,
 * and the flags of ssh. Only used by ssh-config.ts.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import SSHConfig, { type Directive, type Line, type Section } from "ssh-config";
import { UsageError } from "../errors.ts";
import { matchesPatterns } from "./known-hosts.ts";
import { expandTokens, type RawOptions, type SshQuery } from "./ssh-config.ts";

const DEEPEST_INCLUDE = 16;

/** Options for a host from the files, flags first. */
export function readConfigFiles(query: SshQuery, home: string): RawOptions {
  const reading = new Reading(query, home);
  const given = readFlags(query.flags ?? []);
  for (const [name, value] of given.options) reading.set(name, value);
  if (query.user !== undefined) reading.set("user", query.user);
  if (query.port !== undefined) reading.set("port", String(query.port));
  const own = query.configFile ?? given.configFile;
  if (own === undefined) {
    reading.file(join(home, ".ssh/config"), join(home, ".ssh"));
    reading.file("/etc/ssh/ssh_config", "/etc/ssh");
  } else if (own !== "none") reading.file(own, join(home, ".ssh"), { mustExist: true });
  return reading.options;
}

/** The flags of ssh that a connection of our own can honour. Throws a UsageError for others. */
export function readFlags(flags: readonly string[]): { configFile?: string; options: [string, string][] } {
  const found: { configFile?: string; options: [string, string][] } = { options: [] };
  const named: Record<string, string> = { i: "identityfile", l: "user", p: "port", J: "proxyjump" };
  for (let index = 0; index < flags.length; index++) {
    const [, letter = "", glued = ""] = /^-(.)(.*)$/s.exec(flags[index] ?? "") ?? [];
    if (letter === "4") found.options.push(["addressfamily", "inet"]);
    else if (letter === "6") found.options.push(["addressfamily", "inet6"]);
    else if (/^[aCkqTvxX]$/.test(letter) && /^[aCkqTvxX]*$/.test(glued)) continue;
    else if (letter === "F" || letter === "o" || letter in named) {
      const value = glued || flags[++index];
      if (value === undefined) throw new UsageError(`sshflags: -${letter} needs a value`);
      const [, option = "", setting = ""] = /^\s*(\w+)\s*[=\s]\s*(.*)$/.exec(value) ?? [];
      if (letter === "F") found.configFile = value;
      else if (letter === "o") found.options.push([option.toLowerCase(), setting]);
      else found.options.push([named[letter] ?? "", value]);
    } else
      throw new UsageError(
        `sshflags: ${flags[index]} means nothing here; with sshcmd: "ssh" the system's ssh takes all flags`,
      );
  }
  return found;
}

class Reading {
  readonly options = new Map<string, string[]>();
  readonly #query: SshQuery;
  readonly #home: string;
  constructor(query: SshQuery, home: string) {
    this.#query = query;
    this.#home = home;
  }

  /** The first value wins; keys add up. */
  set(name: string, value: string): void {
    const values = this.options.get(name);
    if (!values) this.options.set(name, [value]);
    else if (name === "identityfile" || name === "certificatefile") values.push(value);
  }

  file(path: string, folder: string, options: { mustExist?: boolean } = {}, depth = 0): void {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT" && !options.mustExist) return;
      throw new UsageError(`the SSH configuration ${path} cannot be read: ${(error as Error).message}`);
    }
    this.#lines(SSHConfig.parse(text), folder, depth);
  }

  #lines(lines: readonly Line[], folder: string, depth: number): void {
    for (const line of lines) {
      if (line.type !== SSHConfig.DIRECTIVE) continue;
      const directive = line as Directive;
      const name = directive.param.toLowerCase();
      if (name === "host" || name === "match") {
        const applies = name === "host" ? this.#hostApplies(words(directive)) : this.#matchApplies(words(directive));
        if (applies) this.#lines((directive as Section).config, folder, depth);
      } else if (name === "include") this.#include(words(directive), folder, depth);
      else if (name === "userknownhostsfile" || name === "globalknownhostsfile") {
        if (!this.options.has(name)) this.options.set(name, words(directive));
      } else this.set(name, asText(directive));
    }
  }

  #include(patterns: readonly string[], folder: string, depth: number): void {
    if (depth >= DEEPEST_INCLUDE) throw new UsageError(`the SSH configuration includes itself: ${patterns.join(" ")}`);
    for (const pattern of patterns) {
      const home = pattern.startsWith("~/") ? join(this.#home, pattern.slice(2)) : pattern;
      for (const path of filesLike(isAbsolute(home) ? home : join(folder, home)))
        this.file(path, folder, {}, depth + 1);
    }
  }

  #hostApplies(patterns: readonly string[]): boolean {
    return patterns.length > 0 && matchesPatterns(patterns.join(","), this.#query.host);
  }

  #matchApplies(criteria: readonly string[]): boolean {
    for (let index = 0; index < criteria.length; index++) {
      const [, negation, name = "", glued] = /^(!?)(\w+)(?:=(.*))?$/.exec((criteria[index] ?? "").toLowerCase()) ?? [];
      if (name === "all") continue;
      // Canonical names are not looked up here, so the passes that follow it never come.
      const holds =
        name === "canonical" || name === "final" ? false : this.#criterion(name, glued ?? criteria[++index] ?? "");
      if (holds === (negation === "!")) return false;
    }
    return criteria.length > 0;
  }

  #criterion(name: string, argument: string): boolean {
    const first = (option: string) => this.options.get(option)?.[0];
    const localUser = userInfo().username;
    const host = this.#query.host;
    const hostName = expandTokens(first("hostname") ?? host, { h: host, n: host });
    const user = first("user") ?? localUser;
    switch (name) {
      case "host":
        return matchesPatterns(argument, hostName);
      case "originalhost":
        return matchesPatterns(argument, host);
      case "user":
        return matchesPatterns(argument, user);
      case "localuser":
        return matchesPatterns(argument, localUser);
      case "exec": {
        const tokens = { h: hostName, n: host, r: user, u: localUser, p: first("port") ?? "22", d: this.#home };
        return (
          spawnSync("/bin/sh", ["-c", expandTokens(argument, tokens)], { stdio: "ignore", timeout: 10_000 }).status ===
          0
        );
      }
      default:
        return false;
    }
  }
}

function words(directive: Directive): string[] {
  if (typeof directive.value !== "string") return directive.value.map((part) => part.val);
  return (directive.value.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, "$1"));
}

/** The value as it was written, which matters for commands. */
function asText(directive: Directive): string {
  if (typeof directive.value === "string") return directive.value.trim();
  return directive.value
    .map(({ val, separator, quoted }) => separator + (quoted ? `"${val}"` : val))
    .join("")
    .trim();
}

/** Files that a pattern with `*` and `?` names, in order. */
function filesLike(pattern: string): string[] {
  let found = ["/"];
  for (const part of pattern.split("/").filter((piece) => piece !== "")) {
    found = found.flatMap((folder) =>
      (/[*?]/.test(part) ? namesLike(folder, part) : [part]).map((name) => join(folder, name)),
    );
  }
  return found;
}

function namesLike(folder: string, pattern: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => pattern.startsWith(".") || !name.startsWith("."));
    return names.filter((name) => matchesPatterns(pattern.replaceAll(",", "?"), name)).sort();
  } catch {
    return [];
  }
}
