/**
 * Machines as people write them: `[count*][user@]host[:port] [bind_addr[:port]]`, one a line in a machine file, or one a
 * string for `addprocs([...])`. Pure: text in, machines out.
 */
import { UsageError } from "../errors.ts";

/** One machine and how many workers are wanted there. */
export interface Machine {
  /** "auto" is one worker per core of that machine. */
  count: number | "auto";
  user?: string;
  /** A host name, an alias of ~/.ssh/config, or an address; IPv6 without its brackets. */
  host: string;
  /** Of the SSH server. */
  port?: number;
  /** Address, with or without `:port`, that the workers there are told to listen on. */
  bindAddr?: string;
}

/** What `addprocs` takes as one machine: a text, or a text and a count. */
export type MachineSpec = string | readonly [machine: string, count: number | "auto"];

/** Reads one machine. Throws a UsageError that says what is wrong with it. */
export function parseMachine(spec: MachineSpec): Machine {
  const [text, count] = typeof spec === "string" ? [spec] : spec;
  const machine = typeof text === "string" ? readLine(text) : "a machine is a text such as 4*user@host:22";
  if (typeof machine === "string") throw new UsageError(`machine ${JSON.stringify(text)}: ${machine}`);
  if (count === undefined) return machine;
  if (text.includes("*"))
    throw new UsageError(`machine ${JSON.stringify(text)}: two counts, in the text and beside it`);
  if (count !== "auto" && !isCount(count))
    throw new UsageError(
      `machine ${JSON.stringify(text)}: the count must be a whole number of at least 1 (65535 at most), or "auto"`,
    );
  return { ...machine, count };
}

/**
 * Reads a machine file. `#` starts a comment, empty lines are skipped. Throws one UsageError that lists every bad line with
 * its number.
 *
 * @param name how the file is called in messages
 */
export function parseMachineFile(text: string, name: string): Machine[] {
  const machines: Machine[] = [];
  const bad: string[] = [];
  text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .forEach((line, index) => {
      const content = line.replace(/#.*/s, "").trim();
      if (content === "") return;
      const machine = readLine(content);
      if (typeof machine === "string")
        bad.push(`  ${name}:${index + 1}: ${machine}\n      ${line.trim()}`.replace(/(?!\n)\p{Cc}/gu, "\u{fffd}"));
      else machines.push(machine);
    });
  if (bad.length > 0) {
    const lines = bad.length === 1 ? "a line" : `${bad.length} lines`;
    throw new UsageError(`machine file ${name} has ${lines} that cannot be read\n${bad.join("\n")}`);
  }
  if (machines.length === 0) throw new UsageError(`machine file ${name} names no machine`);
  return machines;
}

/** The text that `parseMachine` reads back as the same machine. */
export function formatMachine(machine: Machine): string {
  const count = machine.count === 1 ? "" : `${machine.count}*`;
  const user = machine.user === undefined ? "" : `${machine.user}@`;
  const host = machine.host.includes(":") ? `[${machine.host}]` : machine.host;
  const port = machine.port === undefined ? "" : `:${machine.port}`;
  return `${count}${user}${host}${port}${machine.bindAddr === undefined ? "" : ` ${machine.bindAddr}`}`;
}

/** An address with or without port, IPv6 in brackets when a port may follow. Gives the reason as text when it is none. */
export function parseAddress(text: string): { host: string; port?: number } | string {
  if (/^[^[\]]*:[^[\]]*:/.test(text)) return `an IPv6 address stands in brackets: [${text}]`;
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text);
  if (!match) return `"${text}" is not an address with or without a port`;
  const [, bracketed, plain, portText] = match;
  const host = bracketed ?? plain ?? "";
  if (host === "") return "the name of the machine is missing";
  if (bracketed !== undefined && !/^[0-9a-fA-F:.]+(%[\w.-]+)?$/.test(bracketed))
    return `"${bracketed}" in brackets is not an IPv6 address`;
  if (plain !== undefined && !/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(plain))
    return plain.startsWith("-") ? `a name cannot start with "-"` : `"${plain}" is not a name of a machine`;
  if (portText === undefined) return { host };
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65535) return `the port must be 1 to 65535, not "${portText}"`;
  return { host, port };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MOST_WORKERS;
}

/** More than a host has ports for is a slip of the hand. */
const MOST_WORKERS = 65_535;

/** A machine, or the reason why the text is none. */
function readLine(text: string): Machine | string {
  const pieces = text.trim().split("*");
  if (pieces.length > 2) return `more than one "*"`;
  const [first = "", second] = pieces;
  const count = second === undefined ? 1 : readCount(first.trim());
  if (typeof count === "string" && count !== "auto") return count;

  const [place = "", bindAddr, ...more] = (second ?? first).trim().split(/\s+/);
  if (more.length > 0) return `"${more.join(" ")}" after the address to listen on`;
  const at = place.lastIndexOf("@");
  const user = at < 0 ? undefined : place.slice(0, at);
  if (user === "") return `the user before "@" is missing`;
  if (user !== undefined && !/^[^\s:/'"`$\\;&|<>()-][^\s:/'"`$\\;&|<>()]*$/.test(user))
    return `"${user}" is not a name of a user`;
  const address = parseAddress(place.slice(at + 1));
  if (typeof address === "string") return address;
  if (bindAddr !== undefined) {
    const bind = parseAddress(bindAddr);
    if (typeof bind === "string") return `the address to listen on: ${bind}`;
  }
  return { count, ...(user !== undefined && { user }), ...address, ...(bindAddr !== undefined && { bindAddr }) };
}

function readCount(text: string): number | "auto" | string {
  if (text === "auto") return "auto";
  if (/^\d+$/.test(text) && isCount(Number(text))) return Number(text);
  return `the count before "*" must be a whole number of at least 1 (65535 at most), or auto, not "${text}"`;
}
