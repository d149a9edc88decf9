/** Machine files: the grammar, its errors with line numbers, and that what is written is read back. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import {
  formatMachine,
  type Machine,
  parseAddress,
  parseMachine,
  parseMachineFile,
} from "../../src/managers/machinefile.ts";
import { root } from "../support/run-tjl.ts";

test.each([
  ["lab1", { count: 1, host: "lab1" }],
  ["4*lab1", { count: 4, host: "lab1" }],
  ["auto*lab1", { count: "auto", host: "lab1" }],
  [
    "  2 * ada@lab1.example.org:2222   10.0.0.7:9100 ",
    { count: 2, user: "ada", host: "lab1.example.org", port: 2222, bindAddr: "10.0.0.7:9100" },
  ],
  ["ada@corp.example@lab1", { count: 1, user: "ada@corp.example", host: "lab1" }],
  ["[fe80::1%eth0]:22", { count: 1, host: "fe80::1%eth0", port: 22 }],
  ["[::1] [::1]:9000", { count: 1, host: "::1", bindAddr: "[::1]:9000" }],
  ["rechner_3.köln", { count: 1, host: "rechner_3.köln" }],
])("%s", (text, machine) => {
  expect(parseMachine(text)).toEqual(machine);
});

test.each([
  ["0*lab1", /count before "\*" must be a whole number of at least 1 \(65535 at most\), or auto, not "0"/],
  ["-1*lab1", /not "-1"/],
  ["many*lab1", /not "many"/],
  ["99999999999*lab1", /not "99999999999"/],
  ["*lab1", /not ""/],
  ["2*3*lab1", /more than one "\*"/],
  ["2*", /name of the machine is missing/],
  ["@lab1", /user before "@" is missing/],
  ["a;b@lab1", /"a;b" is not a name of a user/],
  ["-oProxyCommand=x", /cannot start with "-"/],
  ["-l@lab1", /not a name of a user/],
  ["lab1:0", /port must be 1 to 65535, not "0"/],
  ["lab1:65536", /not "65536"/],
  ["lab1:ssh", /not "ssh"/],
  ["lab1:", /not ""/],
  ["::1", /IPv6 address stands in brackets: \[::1\]/],
  ["[lab1]", /"lab1" in brackets is not an IPv6 address/],
  ["lab1 10.0.0.1 extra", /"extra" after the address to listen on/],
  ["lab1 10.0.0.1:x", /address to listen on: the port/],
  ["la/b", /not a name of a machine/],
])("%s is refused", (text, reason) => {
  expect(() => parseMachine(text)).toThrow(UsageError);
  expect(() => parseMachine(text)).toThrow(reason);
});

test("a count beside the text", () => {
  expect(parseMachine(["lab1", 3])).toEqual({ count: 3, host: "lab1" });
  expect(parseMachine(["lab1", "auto"])).toEqual({ count: "auto", host: "lab1" });
  expect(() => parseMachine(["2*lab1", 3])).toThrow(/two counts/);
  expect(() => parseMachine(["lab1", 0])).toThrow(/at least 1/);
  expect(() => parseMachine([7 as never, 1])).toThrow(/a machine is a text/);
});

test("a file: comments, empty lines, the same machine twice, any line ending", () => {
  const text = "\uFEFF# the lab\r\nlab1   # by the window\r\n\n   \r2*lab2 10.0.0.2\nlab1";
  expect(parseMachineFile(text, "lab.txt")).toEqual([
    { count: 1, host: "lab1" },
    { count: 2, host: "lab2", bindAddr: "10.0.0.2" },
    { count: 1, host: "lab1" },
  ]);
});

test("every bad line is told with its number, its reason and itself", () => {
  expect(() => parseMachineFile("lab1\n\nx*lab2 # no\nlab3:99999\n", "lab.txt")).toThrow(
    `machine file lab.txt has 2 lines that cannot be read
  lab.txt:3: the count before "*" must be a whole number of at least 1 (65535 at most), or auto, not "x"
      x*lab2 # no
  lab.txt:4: the port must be 1 to 65535, not "99999"
      lab3:99999`,
  );
  expect(() => parseMachineFile("# nothing\n", "lab.txt")).toThrow("names no machine");
});

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,12}$/);
const ipv6 = fc.ipV6().filter((a) => a.includes(":"));
const port = fc.integer({ min: 1, max: 65535 });
const address = fc
  .oneof(name, ipv6)
  .chain((host) =>
    fc.option(port).map((p) => `${host.includes(":") ? `[${host}]` : host}${p === null ? "" : `:${p}`}`),
  );
const machine: fc.Arbitrary<Machine> = fc.record(
  {
    count: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constant("auto" as const)),
    host: fc.oneof(name, ipv6),
    user: fc.stringMatching(/^[a-z_][a-z0-9_.@-]{0,8}$/),
    port,
    bindAddr: address,
  },
  { requiredKeys: ["count", "host"] },
);

test("what is written is read back", () => {
  fc.assert(
    fc.property(machine, (m) => {
      expect(parseMachine(formatMachine(m))).toEqual(m);
    }),
  );
  fc.assert(
    fc.property(fc.array(machine, { minLength: 1 }), (list) => {
      expect(parseMachineFile(list.map(formatMachine).join("\n"), "f")).toEqual(list);
    }),
  );
});

test("the examples in machinefiles/ are machine files", () => {
  const folder = join(root, "machinefiles");
  const files = readdirSync(folder).filter((name) => !name.endsWith(".md"));
  const machines = files.map((name) => parseMachineFile(readFileSync(join(folder, name), "utf8"), name));
  expect(machines.flat().length).toBeGreaterThan(10);
  // Each line is explained.
  for (const name of files) {
    const lines = readFileSync(join(folder, name), "utf8").split("\n");
    expect(lines.filter((line) => /^[^#]/.test(line) && !line.includes("#"))).toEqual([]);
  }
});

test("any text is a machine or a UsageError, never something else", () => {
  const any = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."*@:[] #-0a1.") }));
  fc.assert(
    fc.property(any, (text) => {
      try {
        const m = parseMachine(text);
        expect(m.host).toMatch(/^[^-\s*@#[\]/'"]/);
        if (typeof parseAddress(m.host) !== "string") expect(parseMachine(formatMachine(m))).toEqual(m);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
  );
});
