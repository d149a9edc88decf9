/**
 * Several hosts on one machine: each has a network namespace with its own address, its own host name, process table, /dev/shm, home
 * folder and SSH server on port 22. All are children of the test process, hang on a switch (a bridge in a namespace of its own), and
 * vanish with it: the kernel removes a namespace and all that is in it when its first process ends.
 *
 *     test process ── veth ── switch ──┬── h1 (sshd)
 *                                      ├── h2 (sshd)        faults are made at the switch's ports
 *                                      └── h3 (sshd)
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { processInfo } from "./processes.ts";
import { clientConfig, makeUserKeys, type SshServer, startSshd, type UserKeys } from "./sshd.ts";
import { waitFor } from "./wait-for.ts";

export interface HostsOptions {
  count?: number;
  /** Folders that are empty on every host, such as the one of this package. */
  hidden?: readonly string[];
  /** Further accounts on every host, by name, with their login shells. */
  users?: Readonly<Record<string, string | undefined>>;
  /** Further lines of sshd_config. */
  sshd?: string;
}

export interface Host {
  name: string;
  address: string;
  server: SshServer;
  /** Runs a command there, as root, and gives its standard output. */
  run(...words: string[]): string;
  /** Nothing gets through to it or from it any more, and nobody is told. */
  isolate(): void;
  /** Packets to it that are not for these TCP ports, or answers, are dropped silently. */
  firewall(...ports: number[]): void;
  /** At most so many megabits a second, both ways. */
  slow(mbit: number): void;
  /** So many of a hundred packets are lost, both ways. */
  lossy(percent: number): void;
  /** Undoes all of these. */
  heal(): void;
  /** Power loss: silence, and every process is gone. */
  crash(): Promise<void>;
}

export interface Hosts {
  dir: string;
  hosts: Host[];
  /** The address of the test process's side. */
  address: string;
  keys: UserKeys;
  /** A configuration for ssh with all hosts by name. */
  configFile: string;
  machinefile: string;
  stop(): Promise<void>;
}

const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
let networks = 0;

/** Makes the hosts and waits until one can log in. */
export async function startHosts(options: HostsOptions = {}): Promise<Hosts> {
  const { count = 3, hidden = [], users = {} } = options;
  networks += 1;
  const id = `${(process.pid * 16 + networks) % 60000}`;
  const net = `10.${200 + ((process.pid + networks) % 50)}.${process.pid % 250}`;
  const dir = mkdtempSync("/tmp/tjl-hosts-");
  const keys = makeUserKeys();
  const names = Array.from({ length: count }, (_, i) => `h${i + 1}`);
  const addressOf = (i: number) => `${net}.${11 + i}`;
  writeFileSync(
    join(dir, "etc-hosts"),
    ["127.0.0.1 localhost", `${net}.1 h0`, ...names.map((name, i) => `${addressOf(i)} ${name}`)].join("\n"),
  );
  const accounts = writeAccounts(dir, users);

  const spaces: ChildProcess[] = [];
  const newSpace = async () => {
    const space = await startSpace();
    spaces.push(space.child);
    return space;
  };
  const hub = await newSpace();
  sh(`ip link add tjl${id} type veth peer name uplink netns ${hub.pid}
ip addr add ${net}.1/24 dev tjl${id}
ip link set tjl${id} up`);
  hub.sh(`ip link add name hub type bridge
ip link set lo up
ip link set hub up
ip link set uplink master hub up
nft 'add table netdev faults'`);

  const hosts = await Promise.all(
    names.map(async (name, i): Promise<Host> => {
      const space = await newSpace();
      const address = addressOf(i);
      sh(`nsenter -t ${hub.pid} --net -- ip link add ${name} type veth peer name eth0 netns ${space.pid}
nsenter -t ${hub.pid} --net -- ip link set ${name} master hub up`);
      space.sh(`hostname ${name}
ip link set lo up
ip link set eth0 up
ip addr add ${address}/24 dev eth0
mount -t tmpfs none /dev/shm
mount --bind ${dir}/etc-hosts /etc/hosts
${accounts}
${[userInfo().homedir, ...hidden].map((folder) => `mount -t tmpfs -o mode=700 none '${folder}'`).join("\n")}`);
      const server = await startSshd({
        keys,
        host: address,
        port: 22,
        within: space.enter,
        alias: name,
        ...(options.sshd && { config: options.sshd }),
      });
      const fault = (rules: string[]) => {
        hub.sh(`nft 'add chain netdev faults ${name} { type filter hook ingress device ${name} priority 0; }'
${rules.map((rule) => `nft 'add rule netdev faults ${name} ${rule}'`).join("\n")}`);
      };
      const outside = (rules: string[]) => {
        hub.sh(`nft 'add chain netdev faults to_${name} { type filter hook egress device ${name} priority 0; }'
${rules.map((rule) => `nft 'add rule netdev faults to_${name} ${rule}'`).join("\n")}`);
      };
      return {
        name,
        address,
        server,
        run: (...words) =>
          execFileSync(space.enter[0] as string, [...space.enter.slice(1), ...words], { encoding: "utf8" }),
        isolate() {
          fault(["drop"]);
          outside(["drop"]);
        },
        firewall(...ports) {
          outside([`tcp flags & (syn|ack) == syn tcp dport != { ${ports.join(", ")} } drop`]);
        },
        slow(mbit) {
          const limit = `tbf rate ${mbit}mbit burst 64k latency 50ms`;
          hub.sh(`tc qdisc replace dev ${name} root ${limit}`);
          space.sh(`tc qdisc replace dev eth0 root ${limit}`);
        },
        lossy(percent) {
          const rule = [`numgen random mod 100 < ${percent} drop`];
          fault(rule);
          outside(rule);
        },
        heal() {
          hub.sh(`nft 'delete chain netdev faults ${name}' 2>/dev/null || true
nft 'delete chain netdev faults to_${name}' 2>/dev/null || true
tc qdisc del dev ${name} root 2>/dev/null || true`);
          space.sh("tc qdisc del dev eth0 root 2>/dev/null || true");
        },
        async crash() {
          fault(["drop"]);
          outside(["drop"]);
          await endSpace(space.child);
        },
      };
    }),
  );

  const configFile = join(dir, "config");
  writeFileSync(
    configFile,
    hosts
      .map(({ name, address, server }) =>
        clientConfig({ alias: name, host: address, port: 22, keys, knownHostsFile: server.knownHostsFile }),
      )
      .join(""),
  );
  const machinefile = join(dir, "machines");
  writeFileSync(machinefile, `${names.join("\n")}\n`);
  return {
    dir,
    hosts,
    address: `${net}.1`,
    keys,
    configFile,
    machinefile,
    async stop() {
      await Promise.all(hosts.map(({ server }) => server.stop()));
      await Promise.all(spaces.map(endSpace));
      rmSync(dir, { recursive: true, force: true });
      rmSync(keys.dir, { recursive: true, force: true });
    },
  };
}

interface Space {
  child: ChildProcess;
  /** The first process in it, as seen from outside. */
  pid: number;
  /** Words before a command that is to run in it. */
  enter: string[];
  sh(script: string): void;
}

/** New namespaces whose first process does nothing but reap; it ends with this process, and all in them with it. */
async function startSpace(): Promise<Space> {
  const child = spawn(
    "setpriv",
    [
      "--pdeathsig",
      "KILL",
      "unshare",
      "--net",
      "--uts",
      "--ipc",
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      "--mount-proc",
    ].concat(["bash", "-c", "trap : TERM INT HUP; while :; do sleep 3600 & wait $!; done"]),
    { stdio: "ignore", env: { PATH } },
  );
  const pid = await waitFor("the first process of a namespace", () => {
    if (child.exitCode !== null) throw new Error(`unshare ended with status ${child.exitCode}`);
    const [first] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").split(" ");
    return first && processInfo(Number(first))?.command.startsWith("bash -c trap") ? Number(first) : undefined;
  });
  const enter = ["nsenter", "-t", String(pid), "--net", "--uts", "--ipc", "--mount", "--pid", "--"];
  return { child, pid, enter, sh: (script) => void sh(script, enter) };
}

async function endSpace(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

function sh(script: string, within: readonly string[] = []): void {
  const words = [...within, "sh", "-ec", script];
  try {
    execFileSync(words[0] as string, words.slice(1), { env: { PATH }, stdio: "pipe" });
  } catch (error) {
    throw new Error(`${script}\n${(error as { stderr?: Buffer }).stderr}`);
  }
}

/** Accounts with a home each, in `dir/homes`, and lines that put them in place. */
function writeAccounts(dir: string, users: NonNullable<HostsOptions["users"]>): string {
  const accounts = Object.entries(users).map(([name, shell], i) => {
    const home = join(dir, "homes", name);
    mkdirSync(home, { recursive: true });
    chownSync(home, FIRST_UID + i, FIRST_UID + i);
    return { name, line: `${name}:x:${FIRST_UID + i}:${FIRST_UID + i}::${home}:${shell}` };
  });
  if (accounts.length === 0) return "";
  const shadow = accounts.map(({ name }) => `${name}:*:19000:0:99999:7:::`);
  const files = [
    ["passwd", accounts.map(({ line }) => line), 0o644],
    ["shadow", shadow, 0o640],
  ] as const;
  for (const [file, lines, mode] of files) {
    const all = [readFileSync(`/etc/${file}`, "utf8").trimEnd(), ...lines, ""].join("\n");
    writeFileSync(join(dir, file), all, { mode });
  }
  // Whoever logs in must be able to get to a home there.
  chmodSync(dir, 0o755);
  return files.map(([file]) => `mount --bind ${dir}/${file} /etc/${file}`).join("\n");
}

const FIRST_UID = 5000;
