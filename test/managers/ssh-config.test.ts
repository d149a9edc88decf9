/**
 * The SSH configuration: what is read without ssh agrees with what `ssh -G` says of the same files, and tokens, jumps and
 * flags come out right.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  expandTokens,
  parseAnswer,
  settingsFrom,
  sshSettings,
  type TokenSource,
} from "../../src/managers/ssh-config.ts";
import { readConfigFiles, readFlags } from "../../src/managers/ssh-config-files.ts";

const dir = mkdtempSync("/tmp/tjl-config-");
const source: TokenSource = { home: dir, localUser: "ada", localHost: "desk.example", env: { KEYS: "/keys" } };
const settings = (text: string, alias = "lab1") => settingsFrom(alias, parseAnswer(text), source);

const included = (nested: string) => `IdentitiesOnly yes
Host included
  HostName 10.9.8.7
  Include ${nested}
`;

beforeAll(() => {
  mkdirSync(join(dir, ".ssh/conf.d"), { recursive: true });
  writeFileSync(
    join(dir, ".ssh/config"),
    `
Include conf.d/*.conf
Host jumped !jumped-not
  ProxyJump grace@gate:2200,inner
Host lab? other
  HostName %h.example.org
  User grace
  IdentityFile ~/.ssh/lab
  ConnectTimeout=7
Match host lab2.example.org user grace
  Port 2202
Match originalhost lab3 exec "test %h = lab3.example.org"
  Port 2203
Match !originalhost lab3,lab4 host "*.example.org"
  ServerAliveInterval 9
Match exec false
  Port 1
Host *
  IdentityFile ~/.ssh/all_%r
  UserKnownHostsFile ~/.ssh/kh "~/.ssh/kh two"
  StrictHostKeyChecking accept-new
  Port 22
`,
  );
  writeFileSync(join(dir, ".ssh/conf.d/b.txt"), "Port 9\n");
  writeFileSync(join(dir, ".ssh/nested"), "User nested\nHost other\n  Port 4\n");
});
afterAll(() => rmSync(dir, { recursive: true }));

describe("read without ssh, the same as ssh says", () => {
  const compared = [
    "hostName",
    "user",
    "port",
    "identityFiles",
    "proxyJump",
    "identitiesOnly",
    "connectTimeoutSeconds",
    "serverAliveIntervalSeconds",
    "strictHostKeyChecking",
  ] as const;
  const hosts = ["lab1", "lab2", "lab3", "lab4", "labs", "other", "jumped", "jumped-not", "included", "unknown"];
  test.each(hosts)("%s", (host) => {
    // ssh takes the home from the account, so the folder is written out for it.
    const config = join(dir, "absolute");
    const body = readFileSync(join(dir, ".ssh/config"), "utf8").replace("Include ", `Include ${dir}/.ssh/`);
    writeFileSync(config, body);
    writeFileSync(join(dir, ".ssh/conf.d/a.conf"), included(`${dir}/.ssh/nested`));
    const answer = execFileSync("ssh", ["-G", "-F", config, host], { encoding: "utf8" });
    const asked = settingsFrom(host, parseAnswer(answer), source);

    const local = { ...source, localUser: userInfo().username };
    const read = settingsFrom(host, readConfigFiles({ host, configFile: config }, dir), local);
    writeFileSync(join(dir, ".ssh/conf.d/a.conf"), included("nested"));
    const own = settingsFrom(host, readConfigFiles({ host }, dir), local);
    for (const key of compared) {
      expect({ [key]: read[key] }).toEqual({ [key]: asked[key] });
      expect({ [key]: own[key] }).toEqual({ [key]: asked[key] });
    }
  });
});

test("an included file that is missing is no error, a configuration that was asked for is", () => {
  expect(() => readConfigFiles({ host: "x", configFile: "/nowhere/config" }, dir)).toThrow(
    /\/nowhere\/config cannot be read/,
  );
  const loop = join(dir, "loop");
  writeFileSync(loop, `Include ${loop}\nInclude /nowhere/*.conf\n`);
  expect(() => readConfigFiles({ host: "x", configFile: loop }, dir)).toThrow(/includes itself/);
});

test("the flags of ssh come before the files", async () => {
  const query = {
    host: "lab1",
    flags: ["-p", "99", "-oUser=eve", "-i", "/k", "-J", "gate", "-4", "-o", "HostName 1.2.3.4", "-T"],
  };
  expect(settingsFrom("lab1", readConfigFiles(query, dir), source)).toMatchObject({
    port: 99,
    user: "eve",
    hostName: "1.2.3.4",
    proxyJump: ["gate"],
    addressFamily: 4,
    identityFiles: ["/k", `${dir}/.ssh/lab`, `${dir}/.ssh/all_eve`],
  });
  expect(readFlags(["-F", "x"]).configFile).toBe("x");
  expect(() => readFlags(["-L", "1:a:2"])).toThrow(/-L means nothing here; with sshcmd/);
  expect(() => readFlags(["-p"])).toThrow(/-p needs a value/);
  await expect(sshSettings({ host: "lab1", flags: ["-F", "/dev/null", "-o", "Port=2022"] })).resolves.toMatchObject({
    port: 2022,
    hostName: "lab1",
  });
  await expect(sshSettings({ host: "lab1", configFile: "/nowhere/config" })).rejects.toThrow(/cannot be read/);
});

test("tokens, homes and variables are filled in", () => {
  const text =
    "hostname 10.0.0.1\nport 2222\nuser grace\nidentityfile ~/.ssh/%r@%h:%p-%n-%u-%L-%%\nidentityfile ${KEYS}/id\nidentityfile none\nproxycommand nc %h %p %x\n";
  expect(settings(text)).toMatchObject({
    identityFiles: [`${dir}/.ssh/grace@10.0.0.1:2222-lab1-ada-desk-%`, "/keys/id"],
    proxyCommand: "nc 10.0.0.1 2222 %x",
  });
  expect(expandTokens("%%h %h", { h: "x" })).toBe("%h x");
});

test("known_hosts files with blanks in their names", () => {
  expect(settings("userknownhostsfile /a/kh /b c/kh ~/x\n").userKnownHostsFiles).toEqual([
    "/a/kh",
    "/b c/kh",
    `${dir}/x`,
  ]);
});

test("jumps, agents, strictness and their ways of saying no", () => {
  expect(settings("proxyjump a@b:1, c\n").proxyJump).toEqual(["a@b:1", "c"]);
  expect(settings("proxyjump none\nproxycommand none\n")).toMatchObject({ proxyJump: [], proxyCommand: undefined });
  const withAgent = (option: string) =>
    settingsFrom("h", parseAnswer(option), { ...source, env: { SSH_AUTH_SOCK: "/run/agent", OTHER: "/run/other" } })
      .agent;
  expect(withAgent("")).toBe("/run/agent");
  expect(withAgent("identityagent none\n")).toBeUndefined();
  expect(withAgent("identityagent SSH_AUTH_SOCK\n")).toBe("/run/agent");
  expect(withAgent("identityagent $OTHER\n")).toBe("/run/other");
  expect(withAgent("identityagent ~/agent\n")).toBe(`${dir}/agent`);
  expect(settings("stricthostkeychecking off\n").strictHostKeyChecking).toBe("no");
  expect(settings("stricthostkeychecking true\n").strictHostKeyChecking).toBe("yes");
  expect(settings("")).toMatchObject({
    strictHostKeyChecking: "ask",
    port: 22,
    user: "ada",
    hostName: "lab1",
    identitiesOnly: false,
  });
});
