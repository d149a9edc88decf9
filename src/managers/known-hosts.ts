/**
 * Whether a host key is the one we know: the rules of OpenSSH's known_hosts files. Pure: texts and keys in, a verdict out;
 * host-key.ts reads the files and acts on the verdict.
 */
import { createHash, createHmac } from "node:crypto";

/** One line of a known_hosts file. */
export interface KnownHost {
  marker: "revoked" | "cert-authority" | undefined;
  /** The first field: a list of patterns, or one hashed name. */
  names: string;
  type: string;
  /** The key as base64. */
  key: string;
  file: string;
  line: number;
}

export type HostKeyVerdict =
  /** It is the one we know. */
  | { kind: "known"; entry: KnownHost }
  /** The host is known with other keys. */
  | { kind: "changed"; entries: KnownHost[] }
  | { kind: "revoked"; entry: KnownHost }
  /** The host is only known through a certificate authority, and this is a plain key. */
  | { kind: "authority"; entry: KnownHost }
  | { kind: "unknown" };

/** Reads a known_hosts file. Lines that are none are skipped, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  const entries: KnownHost[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    const fields = line.trim().split(/[ \t]+/);
    if (fields[0]?.startsWith("#")) return;
    const marker = fields[0]?.startsWith("@") ? fields.shift()?.slice(1) : undefined;
    const [names, type, key] = fields;
    if (!names || !type || !key || !/^[A-Za-z0-9+/]+=*$/.test(key)) return;
    if (marker !== undefined && marker !== "revoked" && marker !== "cert-authority") return;
    entries.push({ marker, names, type, key, file, line: index + 1 });
  });
  return entries;
}

/** How a host is called in known_hosts: its name, or `[name]:port` when the port is not 22. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Compares the key that a server showed (raw, as it is on the wire) with what is known of it. */
export function checkHostKey(
  entries: readonly KnownHost[],
  host: string,
  port: number,
  serverKey: Uint8Array,
): HostKeyVerdict {
  const verdict = checkName(entries, knownHostName(host, port), serverKey);
  if (verdict.kind !== "unknown" || port === 22) return verdict;
  // As OpenSSH does: a key that is known without the port will do, but one that differs says nothing of this port.
  const withoutPort = checkName(entries, knownHostName(host, 22), serverKey);
  return withoutPort.kind === "known" || withoutPort.kind === "revoked" ? withoutPort : verdict;
}

function checkName(entries: readonly KnownHost[], name: string, serverKey: Uint8Array): HostKeyVerdict {
  const key = Buffer.from(serverKey).toString("base64");
  const named = entries.filter((entry) => matchesName(entry.names, name));
  const same = named.filter((entry) => entry.key === key);
  const revoked = same.find((entry) => entry.marker === "revoked");
  if (revoked) return { kind: "revoked", entry: revoked };
  const plain = same.find((entry) => entry.marker === undefined);
  if (plain) return { kind: "known", entry: plain };
  const others = named.filter((entry) => entry.marker === undefined);
  if (others.length > 0) return { kind: "changed", entries: others };
  const authority = named.find((entry) => entry.marker === "cert-authority");
  return authority ? { kind: "authority", entry: authority } : { kind: "unknown" };
}

/**
 * The types of key that are known of a host, first ones first. They are asked for first: a server with several keys would
 * otherwise show one that is not known.
 */
export function knownKeyTypes(entries: readonly KnownHost[], host: string, port: number): string[] {
  const names = [knownHostName(host, port), knownHostName(host, 22)];
  const types = entries
    .filter((entry) => entry.marker === undefined && names.some((name) => matchesName(entry.names, name)))
    .map((entry) => entry.type);
  return [...new Set(types)];
}

/** `SHA256:…`, as ssh and ssh-keygen show it. */
export function fingerprint(key: Uint8Array | string): string {
  const blob = typeof key === "string" ? Buffer.from(key, "base64") : key;
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** The type that a raw key names at its beginning: "ssh-ed25519". */
export function keyType(key: Uint8Array): string {
  const blob = Buffer.from(key);
  return blob.length < 4 ? "" : blob.toString("latin1", 4, 4 + Math.min(blob.readUInt32BE(0), 64));
}

/** A line for known_hosts. With `salt` (20 random bytes) the name is hashed. */
export function formatKnownHost(name: string, key: Uint8Array, salt?: Uint8Array): string {
  const names = salt ? `|1|${Buffer.from(salt).toString("base64")}|${hashName(name, salt)}` : name;
  return `${names} ${keyType(key)} ${Buffer.from(key).toString("base64")}\n`;
}

function hashName(name: string, salt: Uint8Array): string {
  return createHmac("sha1", salt).update(name).digest("base64");
}

function matchesName(names: string, name: string): boolean {
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(names);
  if (hashed) return hashName(name, Buffer.from(hashed[1] ?? "", "base64")) === hashed[2];
  return matchesPatterns(names, name);
}

/** A comma-separated list of patterns with `*`, `?` and `!`: a negated pattern that matches decides. */
export function matchesPatterns(list: string, text: string): boolean {
  let matched = false;
  for (const pattern of list.split(",")) {
    const negated = pattern.startsWith("!");
    if (!wildcard(negated ? pattern.slice(1) : pattern).test(text)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`, "is");
}
