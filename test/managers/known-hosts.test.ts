/** Known hosts: plain, hashed, patterns, markers, ports; checked against what ssh-keygen itself writes and finds. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import {
  checkHostKey,
  fingerprint,
  formatKnownHost,
  keyType,
  knownHostName,
  knownKeyTypes,
  matchesPatterns,
  parseKnownHosts,
} from "../../src/managers/known-hosts.ts";

/** A key blob of the wire format: its type, then anything. */
function makeKey(type: string, content: string): Buffer {
  const part = (text: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return Buffer.concat([length, Buffer.from(text)]);
  };
  return Buffer.concat([part(type), part(content)]);
}
const key = makeKey("ssh-ed25519", "right");
const other = makeKey("ssh-ed25519", "wrong");
const rsa = makeKey("ssh-rsa", "right");
const line = (names: string, k: Buffer) => `${names} ${keyType(k)} ${k.toString("base64")} comment\n`;
const check = (text: string, host = "lab1", port = 22, k = key) =>
  checkHostKey(parseKnownHosts(text, "kh"), host, port, k);

describe("a verdict", () => {
  test("known, whatever the case of the name", () => {
    expect(check(line("lab1", key))).toMatchObject({ kind: "known", entry: { file: "kh", line: 1 } });
    expect(check(line("lab1", key), "LAB1").kind).toBe("known");
  });
  test("a list, patterns, negation", () => {
    expect(check(line("lab0,lab1", key)).kind).toBe("known");
    expect(check(line("lab?", key)).kind).toBe("known");
    expect(check(line("*", key)).kind).toBe("known");
    expect(check(line("lab*,!lab1", key)).kind).toBe("unknown");
    expect(check(line("!lab1,lab*", key)).kind).toBe("unknown");
  });
  test("unknown", () => {
    expect(check("").kind).toBe("unknown");
    expect(check(line("lab11", key)).kind).toBe("unknown");
    expect(check(`# ${line("lab1", key)}`).kind).toBe("unknown");
  });
  test("changed: another key of the same type, or only keys of other types", () => {
    expect(check(line("lab1", other))).toMatchObject({ kind: "changed", entries: [{ line: 1 }] });
    expect(check(line("lab1", rsa)).kind).toBe("changed");
    expect(check(line("lab1", other) + line("lab1", key)).kind).toBe("known");
  });
  test("revoked wins", () => {
    expect(check(line("lab1", key) + line("@revoked *", key))).toMatchObject({ kind: "revoked", entry: { line: 2 } });
    expect(check(line("lab1", key) + line("@revoked *", other)).kind).toBe("known");
  });
  test("a certificate authority is told apart, plain keys beside it count", () => {
    expect(check(line("@cert-authority lab*", other))).toMatchObject({ kind: "authority", entry: { line: 1 } });
    expect(check(line("@cert-authority lab*", other) + line("lab1", key)).kind).toBe("known");
    expect(check(line("@cert-authority lab*", key)).kind).toBe("authority");
  });
  test("a port: its own entry, else the one without port when it is the same key", () => {
    expect(check(line("[lab1]:2222", key), "lab1", 2222).kind).toBe("known");
    expect(check(line("[lab1]:2222", key), "lab1", 22).kind).toBe("unknown");
    expect(check(line("lab1", key), "lab1", 2222).kind).toBe("known");
    expect(check(line("lab1", other), "lab1", 2222).kind).toBe("unknown");
    expect(check(line("[lab1]:2222", other) + line("lab1", key), "lab1", 2222).kind).toBe("changed");
  });
  test("lines that are none are skipped", () => {
    expect(check(`nonsense\n@odd ${line("lab1", key)}lab1 ssh-ed25519\nlab1 ssh-ed25519 !!!\n`).kind).toBe("unknown");
  });
});

test("the known types are asked for first", () => {
  const entries = parseKnownHosts(line("lab1", rsa) + line("lab1", key) + line("@revoked lab1", other), "kh");
  expect(knownKeyTypes(entries, "lab1", 22)).toEqual(["ssh-rsa", "ssh-ed25519"]);
  expect(knownKeyTypes(entries, "lab2", 22)).toEqual([]);
});

describe("beside ssh-keygen", () => {
  const dir = mkdtempSync("/tmp/tjl-known-");
  afterAll(() => rmSync(dir, { recursive: true }));
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(dir, "id")]);
  const publicKey = Buffer.from(readFileSync(join(dir, "id.pub"), "utf8").split(" ")[1] ?? "", "base64");

  test("the fingerprint is the same", () => {
    const told = execFileSync("ssh-keygen", ["-l", "-f", join(dir, "id.pub")], { encoding: "utf8" });
    expect(told).toContain(` ${fingerprint(publicKey)} `);
    expect(fingerprint(publicKey.toString("base64"))).toBe(fingerprint(publicKey));
  });

  test("names that it hashed are found", () => {
    const file = join(dir, "hashed");
    writeFileSync(file, line("lab1", publicKey) + line("[lab2]:2222", publicKey));
    execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
    const text = readFileSync(file, "utf8");
    expect(text).not.toMatch(/^\[?lab/m); // "lab" alone may be part of a hash
    expect(check(text, "lab1", 22, publicKey).kind).toBe("known");
    expect(check(text, "lab2", 2222, publicKey).kind).toBe("known");
    expect(check(text, "lab3", 22, publicKey).kind).toBe("unknown");
  });

  test("it finds what we write, plain and hashed", () => {
    for (const salt of [undefined, Buffer.alloc(20, 7)]) {
      const file = join(dir, `written${salt ? "-hashed" : ""}`);
      writeFileSync(file, formatKnownHost(knownHostName("Lab1", 2222), publicKey, salt));
      const found = execFileSync("ssh-keygen", ["-F", "[lab1]:2222", "-f", file], { encoding: "utf8" });
      expect(found).toContain("found: line 1");
    }
  });
});

test("any text can be read and any name asked for", () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), (text, name) => {
      expect(["known", "changed", "revoked", "authority", "unknown"]).toContain(check(text, name).kind);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "*", "?", ".", "[", "\\") }), (pattern) => {
      expect(matchesPatterns(pattern.replaceAll("*", "").replaceAll("?", ""), "zzz")).toBe(false);
      if (!pattern.includes("!"))
        expect(matchesPatterns(pattern.replaceAll("?", "a"), pattern.replace(/[*?]/g, "a"))).toBe(true);
    }),
  );
});
