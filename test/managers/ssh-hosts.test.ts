/**
 * Workers on three hosts of their own, of which two have nothing but Node: started, counted, tunnelled, through a jump host, with any
 * login shell, over slow and lossy links; and what is told of hosts that fail.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, hostname, userInfo } from "node:os";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { LaunchError } from "../../src/errors.ts";
import { type Host, type Hosts, startHosts } from "../support/hosts.ts";
import { describeWith, namespaceTrial, programPath } from "../support/needs.ts";
import { root } from "../support/run-tjl.ts";
import { clientConfig } from "../support/sshd.ts";
import { waitFor } from "../support/wait-for.ts";
import { type Library, library } from "../support/with-cluster.ts";

const programs = [
  "sshd",
  "ssh",
  "ssh-keygen",
  "ip",
  "nft",
  "tc",
  "unshare",
  "nsenter",
  "setpriv",
  "bash",
  "tcsh",
  "fish",
];

/** The same function without a module: it travels as it is, not as a name in this file. */
const byValue = <F>(f: F): F => runInThisContext(`(${f})`);

describeWith("workers on other hosts", { programs, root: true, trial: namespaceTrial }, () => {
  let net: Hosts;
  let tjl: Library;
  let h1: Host;
  let h2: Host;
  let h3: Host;

  beforeAll(async () => {
    [net, tjl] = await Promise.all([
      startHosts({
        hidden: [root],
        // Eight may log in at once; a login that is over may still count for a moment.
        sshd: "MaxStartups 13:100:13",
        users: { csh: programPath("tcsh"), fish: programPath("fish"), nobody2: programPath("nologin") },
      }),
      library(),
    ]);
    [h1, h2, h3] = net.hosts as [Host, Host, Host];
    process.env.TJL_SSH_CONFIG = net.configFile;
  });
  afterEach(async () => {
    for (const host of net.hosts) host.heal();
    await tjl.rmprocs(...tjl.procs().filter((pid) => pid !== 1));
    await waitFor("no agent and no worker left", () => net.hosts.every((host) => oursOn(host).length === 0));
  });
  afterAll(async () => {
    delete process.env.TJL_SSH_CONFIG;
    await net?.stop();
  });

  const oursOn = (host: Host) =>
    host
      .run("ps", "-eo", "args")
      .split("\n")
      .filter((line) => /runAgent|worker\.cjs/.test(line));
  const logins = (host: Host) => host.server.log().match(/Accepted publickey/g)?.length ?? 0;
  const hostOf = (pid: number) => tjl.remotecallFetch(pid, hostname);
  const failuresOf = async (start: Promise<number[]>): Promise<LaunchError> => {
    const error = await start.then(
      () => expect.fail("it started"),
      (e) => e,
    );
    expect(error.code, error.stack).toBe("TJL_LAUNCH_FAILED");
    return error;
  };

  test("start where only Node is, one login a host, and call each other", async () => {
    const before = net.hosts.map(logins);
    const pids = await tjl.addprocs(["h1", "2*h2", ["h3", 1], "h1", `${userInfo().username}@h3 0.0.0.0`]);
    expect((await Promise.all(pids.map(hostOf))).sort()).toEqual(["h1", "h1", "h2", "h2", "h3", "h3"]);
    expect(net.hosts.map((host, i) => logins(host) - (before[i] ?? 0))).toEqual([1, 1, 1]);
    const file = await tjl.remotecallFetch(
      pids[0] as number,
      byValue(() => process.argv[1]),
    );
    expect(file).toMatch(/\.cache\/tjulia\/[0-9a-f]{32}\/dist\/worker\.cjs$/);
    const sums = pids.flatMap((from) =>
      pids.map((to) => tjl.remotecallFetch(from, tjl.remotecallFetch, to, Math.max, from, to)),
    );
    expect(await Promise.all(sums)).toEqual(pids.flatMap((from) => pids.map((to) => Math.max(from, to))));
  });

  test("auto is one worker a core, and what they write is shown under their names", async () => {
    const [pid, ...more] = await tjl.addprocs([["h1", "auto"]]);
    const cores = await tjl.remotecallFetch(pid as number, availableParallelism);
    expect(more.length + 1).toBe(cores);
  });

  test("a large value comes back whole, over a slow link and one that loses packets", async () => {
    const [slow, lossy] = (await tjl.addprocs(["h1", "h2"])) as [number, number];
    h1.slow(50);
    h2.lossy(3);
    const value = new Float64Array(100_000).map((_, i) => i / 3);
    for (const pid of [slow, lossy]) expect(await tjl.remotecallFetch(pid, structuredClone, value)).toEqual(value);
  });

  test("a firewall: the error says so, and a tunnel goes through it", async () => {
    for (const host of net.hosts) host.firewall(22);
    process.env.TJL_WORKER_TIMEOUT = "4";
    const { failures } = await failuresOf(tjl.addprocs(["h1"]));
    delete process.env.TJL_WORKER_TIMEOUT;
    expect(failures).toMatchObject([{ host: "h1", stage: "connect" }]);
    for (const tunnel of [true, "all"] as const) {
      const pids = await tjl.addprocs(["h1", "h2", "h3"], { tunnel: tunnel as true });
      expect((await Promise.all(pids.map(hostOf))).sort()).toEqual(["h1", "h2", "h3"]);
      const next = (i: number) => pids[(i + 1) % 3] as number;
      const around = pids.map((pid, i) => tjl.remotecallFetch(pid, tjl.remotecallFetch, next(i), Math.abs, -i));
      expect(await Promise.all(around)).toEqual([0, 1, 2]);
      const listening = h1
        .run("sh", "-c", "cat /proc/net/tcp")
        .match(/0[AB]{1}C8[0-9A-F]{4}:(?!0016)[0-9A-F]{4} 00000000:0000 0A/gi);
      if (tunnel === "all") expect(listening).toBeNull();
      await tjl.rmprocs(...pids);
    }
  });

  test("local workers and those of other hosts call each other through the master", async () => {
    const [local] = (await tjl.addprocs(1)) as [number];
    const [remote] = (await tjl.addprocs(["h1"])) as [number];
    expect(await tjl.remotecallFetch(remote, tjl.remotecallFetch, local, Math.sqrt, 16)).toBe(4);
    expect(await tjl.remotecallFetch(local, tjl.remotecallFetch, remote, Math.sqrt, 25)).toBe(5);
  });

  test("through one and two other hosts", async () => {
    const jump = join(net.dir, "jump");
    writeFileSync(
      jump,
      `Include ${net.configFile}\nMatch originalhost h2\n  ProxyJump h1\nMatch originalhost h3\n  ProxyJump h1,h2\n`,
    );
    const far = await tjl.addprocs(["h2", "h3"], { sshflags: ["-F", jump] });
    expect((await Promise.all(far.map(hostOf))).sort()).toEqual(["h2", "h3"]);
    const from = far.map((pid) =>
      tjl.remotecallFetch(
        pid,
        byValue(() => process.env.SSH_CONNECTION?.split(" ")[0]),
      ),
    );
    expect((await Promise.all(from)).sort()).toEqual([h1.address, h2.address]);
  });

  test("with the system's ssh", async () => {
    for (const host of net.hosts) host.firewall(22);
    const pids = await tjl.addprocs(["h1", "h2"], { sshcmd: "ssh", sshflags: `-F ${net.configFile}`, tunnel: true });
    expect((await Promise.all(pids.map(hostOf))).sort()).toEqual(["h1", "h2"]);
    expect(await tjl.remotecallFetch(pids[0] as number, tjl.remotecallFetch, pids[1] as number, Math.abs, -3)).toBe(3);
    const { failures } = await failuresOf(tjl.addprocs(["h9"], { sshcmd: "ssh", sshflags: `-F ${net.configFile}` }));
    expect(failures).toMatchObject([{ host: "h9", stage: "resolve" }]);
  });

  test("any login shell, with a greeting of its own", async () => {
    const home = (user: string) => join(net.dir, "homes", user);
    writeFileSync(join(home("csh"), ".cshrc"), "echo 'welcome to csh'\necho mind the step\n");
    mkdirSync(join(home("fish"), ".config/fish"), { recursive: true });
    writeFileSync(join(home("fish"), ".config/fish/config.fish"), "echo 'welcome to fish'\n");
    const pids = await tjl.addprocs(["csh@h1", "fish@h2"], { dir: "/tmp" });
    const users = pids.map(async (pid) => (await tjl.remotecallFetch(pid, userInfo, {})).username);
    expect((await Promise.all(users)).sort()).toEqual(["csh", "fish"]);
    const { failures } = await failuresOf(tjl.addprocs(["nobody2@h1"]));
    expect(failures).toMatchObject([
      {
        host: "nobody2@h1",
        stage: "command",
        reason: expect.stringContaining("This account is currently not available"),
      },
    ]);
  });

  test("many logins on one host: not all at once", async () => {
    const names = Array.from({ length: 24 }, (_, i) => `many${i}`);
    const config = join(net.dir, "many");
    const { address, server } = h2;
    const known = { host: address, port: 22, keys: net.keys, knownHostsFile: server.knownHostsFile };
    writeFileSync(config, names.map((alias) => clientConfig({ alias, ...known })).join(""));
    const pids = await tjl.addprocs(names, { sshflags: ["-F", config], maxParallel: 24 });
    expect(new Set(await Promise.all(pids.map(hostOf)))).toEqual(new Set(["h2"]));
    expect(pids).toHaveLength(24);
    expect(server.log()).not.toMatch(/drop connection|MaxStartups throttling/);
  });

  test("options: folder, environment with any characters, flags of Node", async () => {
    const value = `a'b"c $HOME \`x\` \\ ! ü\n\ttab`;
    const [pid] = (await tjl.addprocs(["h1"], {
      dir: "/usr",
      env: { ODD: value },
      exeflags: "--max-old-space-size=123",
    })) as [number];
    const seen = await tjl.remotecallFetch(
      pid,
      byValue(() => [process.cwd(), process.env.ODD, process.execArgv.join(" ")]),
    );
    expect(seen).toEqual(["/usr", value, expect.stringContaining("--max-old-space-size=123")]);
  });

  test("each host that fails is named with its step; the others start", async () => {
    h3.isolate();
    const told: string[] = [];
    const write = process.stderr.write;
    process.stderr.write = ((text: string) => told.push(text)) as never;
    try {
      const machines = ["h1", "h3", "h2:1", "nowhere.invalid", "h2 10.255.255.1"];
      const pids = await tjl.addprocs(machines, { sshflags: ["-o", "ConnectTimeout=2"] });
      expect(await Promise.all(pids.map(hostOf))).toEqual(["h1"]);
    } finally {
      process.stderr.write = write;
    }
    const text = told.join("");
    expect(text).toMatch(/could not start 4 of 5/);
    expect(text).toMatch(/h3 {2}connect: nothing heard for 2 s/);
    expect(text).toMatch(/h2:1 {2}connect: \S+ port 1: connection refused/);
    expect(text).toMatch(/nowhere\.invalid {2}resolve: /);
    expect(text).toMatch(/h2 {2}announce: .*(EADDRNOTAVAIL|status)/s);
  });

  test("no Node there, one that is too old, a folder that is not there, a full disk", async () => {
    writeFileSync(join(net.dir, "old"), "#!/bin/sh\necho v18.20.1\n", { mode: 0o755 });
    const started = (options: object) => failuresOf(tjl.addprocs(["h1"], options)).then((e) => e.failures[0]);
    expect(await started({ exename: "/nowhere/node" })).toMatchObject({
      stage: "command",
      reason: "there is no Node; Node 20.19 or later is needed",
    });
    expect(await started({ exename: join(net.dir, "old") })).toMatchObject({
      stage: "command",
      reason: expect.stringMatching(/there is only \S+\/old v18.20.1; Node 20.19 or later/),
      hint: expect.stringContaining("exename"),
    });
    expect(await started({ dir: "/nowhere" })).toMatchObject({ stage: "start", reason: "there is no folder /nowhere" });
    h3.run("sh", "-c", "mkdir -p ~/.cache /tmp/tjulia-0 && mount -t tmpfs -o size=64k none ~/.cache");
    const { failures } = await failuresOf(tjl.addprocs(["h3"]));
    expect(failures).toMatchObject([{ host: "h3", stage: "upload", reason: expect.stringContaining("ENOSPC") }]);
    h3.run("sh", "-c", "umount ~/.cache");
  });
});
