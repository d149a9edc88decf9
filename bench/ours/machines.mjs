// What it costs to reach machines, against a real OpenSSH server that this program starts and ends:
//
//   node machines.mjs ssh <workers>       ms until so many workers on one SSH host have answered
//   node machines.mjs tunnel              µs of a call through a tunnel, the median
//   node machines.mjs forward             µs of the same bytes through `ssh -L` to an echo server, and back
//   node machines.mjs local <n> <times>   ms until n local workers have answered, times so many
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const answered = 'await Promise.all(workers().map((pid) => remotecallFetch(pid, myid))); console.log("answered")';
const tjl = (words, env = {}) =>
  spawn(process.execPath, [`${root}bin/tjl.cjs`, ...words], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
/** A call of 64 bytes is about as many on the wire, and an answer too. */
const MESSAGE_BYTES = 96;
const CALLS = 3000;

const measures = {
  ssh: (count) =>
    withServer(async ({ env, dir }) => {
      writeFileSync(`${dir}/machines`, `${count}*server\n`);
      return untilAnswered(["--machinefile", `${dir}/machines`, "-e", answered], env);
    }),
  tunnel: () =>
    withServer(async ({ env }) => {
      const code = `const [pid] = await addprocs(["server"], { tunnel: true });
        const text = "x".repeat(64);
        console.log(await (${median})(() => remotecallFetch(pid, String, text), ${CALLS}))`;
      return Number(await output(tjl(["-e", code], env)));
    }),
  forward: () =>
    withServer(async ({ dir }) => {
      const echo = createServer({ noDelay: true }, (socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
      await new Promise((resolve) => echo.once("listening", resolve));
      const way = `${dir}/forward`;
      const words = ["-F", `${dir}/config`, "-L", `${way}:127.0.0.1:${echo.address().port}`, "server", "cat"];
      const ssh = spawn("ssh", words, { stdio: ["pipe", "ignore", "inherit"] });
      try {
        return await roundTrips(await connected(way));
      } finally {
        ssh.kill();
        echo.close();
      }
    }),
  local: async (count, times = "1") => Number(times) * (await untilAnswered(["-p", count, "-e", answered])),
};

async function untilAnswered(words, env) {
  const from = performance.now();
  const child = tjl(words, env);
  const ended = output(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const took = performance.now() - from;
  await ended;
  return took;
}

function output(child) {
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("close", (status) => (status === 0 ? resolve(text) : reject(new Error(`tjl ended with ${status}`))));
  });
}

async function roundTrips(socket) {
  const message = Buffer.alloc(MESSAGE_BYTES, 1);
  let left = 0;
  let back = () => {};
  socket.on("data", (chunk) => {
    left -= chunk.length;
    if (left === 0) back();
  });
  const once = () =>
    new Promise((resolve) => {
      left = MESSAGE_BYTES;
      back = resolve;
      socket.write(message);
    });
  const took = await median(once, CALLS);
  socket.destroy();
  return took;
}

/** µs that it takes: the median, after as many to warm up. */
async function median(once, count) {
  const times = [];
  for (let i = 0; i < 2 * count; i++) {
    const from = performance.now();
    await once();
    times.push((performance.now() - from) * 1000);
  }
  const [middle] = times
    .slice(count)
    .sort((a, b) => a - b)
    .slice(count / 2);
  return middle;
}

/** Tries until ssh listens. */
async function connected(path) {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(path);
    const isOpen = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    if (isOpen) return socket;
    await delay(50);
  }
  throw new Error("ssh -L does not listen");
}

/** A private SSH server in a folder of its own. */
async function withServer(body) {
  const dir = mkdtempSync("/tmp/tjl-bench-");
  for (const name of ["host", "user"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", `${dir}/${name}`]);
  const port = await freePort();
  writeFileSync(
    `${dir}/sshd_config`,
    `Port ${port}\nListenAddress 127.0.0.1\nHostKey ${dir}/host\nPidFile none\nAuthorizedKeysFile ${dir}/user.pub\nStrictModes no\nUsePAM no\n`,
  );
  writeFileSync(`${dir}/known_hosts`, `[127.0.0.1]:${port} ${readFileSync(`${dir}/host.pub`, "utf8")}`);
  writeFileSync(
    `${dir}/config`,
    `Host server\n  HostName 127.0.0.1\n  Port ${port}\n  User ${userInfo().username}\n  IdentityFile ${dir}/user\n  IdentityAgent none\n  UserKnownHostsFile ${dir}/known_hosts\n`,
  );
  if (process.getuid() === 0) mkdirSync("/run/sshd", { recursive: true });
  const sshd = spawn(process.env.SSHD ?? "/usr/sbin/sshd", ["-D", "-e", "-f", `${dir}/sshd_config`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  try {
    await new Promise((resolve, reject) => {
      sshd.stderr.on("data", (text) => String(text).includes("Server listening") && resolve());
      sshd.once("error", reject).once("exit", (status) => reject(new Error(`sshd ended with ${status}`)));
    });
    return await body({ dir, env: { TJL_SSH_CONFIG: `${dir}/config` } });
  } finally {
    sshd.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const [what, ...words] = process.argv.slice(2);
console.log(JSON.stringify({ value: await measures[what](...words) }));
