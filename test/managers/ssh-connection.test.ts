/** Connecting and logging in, against real OpenSSH servers: every way in, and every way to fail, with its step named. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Asker } from "../../src/managers/asker.ts";
import { fingerprint } from "../../src/managers/known-hosts.ts";
import { type SshSettings, sshSettings } from "../../src/managers/ssh-config.ts";
import { type OpenOptions, openSsh, type SshConnection } from "../../src/managers/ssh-connection.ts";
import { Deadline, StageError } from "../../src/managers/stage.ts";
import { describeWith } from "../support/needs.ts";
import {
  type Agent,
  clientConfig,
  freePort,
  makeUserKeys,
  type SshServer,
  startAgent,
  startSshd,
  type UserKeys,
} from "../support/sshd.ts";

function listening(serve: (socket: Socket) => void, path?: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      serve(socket);
    });
    if (path) server.listen(path, () => resolve(server));
    else server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}

describeWith("an SSH connection", { programs: ["sshd", "ssh", "ssh-keygen", "ssh-agent"] }, () => {
  let keys: UserKeys;
  let server: SshServer;
  let agent: Agent;
  const dir = mkdtempSync("/tmp/tjl-ssh-");
  const open: SshConnection[] = [];

  beforeAll(async () => {
    keys = makeUserKeys();
    [server, agent] = await Promise.all([startSshd({ keys }), startAgent()]);
  });
  afterAll(async () => {
    for (const connection of open) connection.close();
    agent?.stop();
    await server?.stop();
    rmSync(dir, { recursive: true });
    rmSync(keys.dir, { recursive: true });
  });

  const settings = () => sshSettings({ host: "server", configFile: server.configFile });
  async function connect(changes: Partial<SshSettings> = {}, options: OpenOptions = {}): Promise<SshConnection> {
    const connection = await openSsh({ ...(await settings()), ...changes }, options);
    open.push(connection);
    return connection;
  }
  async function failure(changes: Partial<SshSettings>, options: OpenOptions = {}): Promise<StageError> {
    const error = await connect(changes, options).catch((e) => e);
    expect(error).toBeInstanceOf(StageError);
    return error;
  }
  async function output(connection: SshConnection, command: string): Promise<string> {
    const process = await connection.run(command);
    let text = "";
    process.stdout.on("data", (chunk) => (text += chunk));
    process.stderr.on("data", (chunk) => (text += chunk));
    process.stdin.end();
    const { exitCode, signal } = await process.exited;
    return `${text}${signal ?? exitCode}`;
  }
  const answers = (answer: string | undefined): Asker & { questions: string[] } => {
    const questions: string[] = [];
    const asker = async (question: string) => {
      questions.push(question);
      return answer;
    };
    return Object.assign(asker, { questions });
  };
  /** The same key, of which nothing is remembered. */
  let copies = 0;
  const lockedKey = () => {
    const copy = join(dir, `id_locked_${copies++}`);
    writeFileSync(copy, readFileSync(keys.lockedKey, "utf8") + "\n".repeat(copies), { mode: 0o600 });
    return copy;
  };

  test("runs commands and tells their output and end", async () => {
    const connection = await connect();
    expect(await output(connection, "echo hello; echo oops >&2; exit 3")).toMatch(/hello\n(.*\n)*3$/);
    expect(await output(connection, "kill -9 $$")).toBe("SIGKILL");
  });

  test("what runs there sees the end of its input when the connection goes", async () => {
    const connection = await connect();
    const process = await connection.run(`cat; echo ended > ${join(dir, "ended")}`);
    process.stdout.resume();
    connection.close();
    const { reason } = await process.exited;
    expect(reason).toMatch(/lost its SSH connection/);
    await expect.poll(() => readFileSync(join(dir, "ended"), "utf8"), { timeout: 5000 }).toBe("ended\n");
  });

  test("streams lead to addresses of the other host, and say when nobody listens there", async () => {
    const echo = await listening((socket) => socket.pipe(socket));
    const path = join(dir, "echo.sock");
    const local = await listening((socket) => socket.pipe(socket), path);
    try {
      const connection = await connect();
      await output(connection, "true");
      const port = portOf(echo);
      for (const address of [
        { host: "127.0.0.1", port },
        { host: path, port: 0 },
      ]) {
        const stream = await connection.forward(address);
        const text = "x".repeat(100_000);
        stream.end(text);
        let back = "";
        for await (const chunk of stream) back += chunk;
        expect(back).toBe(text);
      }
      await expect(connection.forward({ host: "127.0.0.1", port: await freePort() })).rejects.toThrow(
        /port \d+ through server: not reachable from there/,
      );
    } finally {
      echo.close();
      local.close();
    }
  });

  test("a key of the agent, one with a passphrase, one whose file is not there", async () => {
    agent.add(keys.lockedKey, keys.passphrase);
    await connect({ agent: agent.socket, identityFiles: [] });
    await connect({ agent: agent.socket, identityFiles: [keys.lockedKey], identitiesOnly: true });
    const error = await failure({ agent: agent.socket, identityFiles: ["/nowhere"], identitiesOnly: true });
    expect(error).toMatchObject({
      stage: "login",
      message: expect.stringContaining("there is no key to try; the server takes publickey"),
    });
  });

  test("a key with a passphrase asks for it", async () => {
    const key = lockedKey();
    const wrong = answers("wrong");
    const error = await failure({ identityFiles: [key] }, { asker: wrong });
    expect(wrong.questions).toHaveLength(3);
    expect(error).toMatchObject({ stage: "login", hint: `ssh-add ${key}` });
    expect(error.message).toContain(`${key} (wrong passphrase)`);
    const right = answers(keys.passphrase);
    expect(await failure({ identityFiles: [key] })).toMatchObject({
      stage: "login",
      message: expect.stringContaining("has a passphrase"),
      hint: `ssh-add ${key}`,
    });
    expect(await failure({ identityFiles: [key], batchMode: true }, { asker: right })).toMatchObject({
      stage: "login",
    });
    expect(right.questions).toEqual([]);
    // Once for all machines, and those that come later.
    await Promise.all([1, 2].map(() => connect({ identityFiles: [key] }, { asker: right })));
    await connect({ identityFiles: [key] }, { asker: right });
    expect(right.questions).toEqual([`Passphrase of ${key}: `]);
  });

  test("a question goes away when the server no longer waits for its answer", async () => {
    let hangUp = () => {};
    const between = await listening((socket) => {
      const way = connectTcp(server.port, "127.0.0.1").on("error", () => {});
      socket.pipe(way).pipe(socket);
      hangUp = () => socket.destroy();
    });
    let isGone: AbortSignal | undefined;
    const asker: Asker = (_, options) => {
      isGone = options?.signal;
      hangUp();
      return new Promise(() => {});
    };
    const there: Partial<SshSettings> = {
      port: portOf(between),
      strictHostKeyChecking: "no",
      userKnownHostsFiles: ["/dev/null"],
    };
    try {
      const error = await failure({ ...there, identityFiles: [lockedKey()] }, { asker });
      expect(error).toMatchObject({ stage: "login", message: expect.stringContaining("closed the connection") });
      expect(isGone?.aborted).toBe(true);
    } finally {
      between.close();
    }
  });

  test("a key that the server does not know, a key that is none, a user that is not there", async () => {
    const stranger = makeUserKeys();
    writeFileSync(join(dir, "broken"), "-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense\n");
    const error = await failure({ identityFiles: [stranger.key, join(dir, "broken")] });
    expect(error.message).toMatch(
      /127.0.0.1 refused \w+: tried \S+id_open \(SHA256:\S+\), \S+broken \(.*\); the server takes publickey/,
    );
    expect(error.hint).toMatch(/^ssh-copy-id -p \d+ \w+@server$/);
    expect(await failure({ user: "nobody-here" })).toMatchObject({ stage: "login" });
    rmSync(stranger.dir, { recursive: true });
  });

  test("a host key that changed is refused with both fingerprints", async () => {
    const file = join(dir, "changed");
    const other = readFileSync(`${keys.key}.pub`, "utf8").split(" ").slice(0, 2);
    writeFileSync(file, `[127.0.0.1]:${server.port} ${other.join(" ")}\n`);
    const error = await failure(
      { userKnownHostsFiles: [file], strictHostKeyChecking: "no" },
      { asker: answers("yes") },
    );
    expect(error.stage).toBe("host key");
    expect(error.message).toContain("has CHANGED");
    expect(error.message).toContain(`known is ${fingerprint(other[1] ?? "")} (ssh-ed25519, ${file}:1)`);
    expect(error.message).toContain(`shows ${fingerprint(server.hostKey.split(" ")[1] ?? "")} (ssh-ed25519)`);
    expect(error.hint).toContain(`ssh-keygen -R '[127.0.0.1]:${server.port}' -f ${file}`);
  });

  test("a host key that is not known: refused, asked about, or taken, as the configuration says", async () => {
    const file = join(dir, "new", "known_hosts");
    const unknown: Partial<SshSettings> = { userKnownHostsFiles: [file], strictHostKeyChecking: "ask" };
    expect(await failure(unknown)).toMatchObject({
      stage: "host key",
      message: expect.stringMatching(/not known: SHA256:/),
      hint: expect.stringContaining("ssh server true"),
    });
    expect(await failure(unknown, { asker: answers("no") })).toMatchObject({ stage: "host key" });
    expect(await failure({ ...unknown, strictHostKeyChecking: "yes" }, { asker: answers("yes") })).toMatchObject({
      stage: "host key",
    });
    await connect({ userKnownHostsFiles: [join(dir, "never")], strictHostKeyChecking: "no" });

    const asker = answers("yes");
    await connect({ ...unknown, hashKnownHosts: true }, { asker });
    expect(asker.questions[0]).toMatch(/The key of \[127.0.0.1\]:\d+ is not known: SHA256:/);
    expect(readFileSync(file, "utf8")).toMatch(/^\|1\|\S+\|\S+ ssh-ed25519 \S+\n$/);
    await connect({ ...unknown, strictHostKeyChecking: "yes" });
    await connect({ userKnownHostsFiles: [join(dir, "accepted")], strictHostKeyChecking: "accept-new" });
    await connect({ userKnownHostsFiles: [join(dir, "accepted")], strictHostKeyChecking: "yes" });
  });

  test("a host key that is revoked, or certified only, or in a file that cannot be read", async () => {
    const file = join(dir, "marks");
    const name = `[127.0.0.1]:${server.port}`;
    writeFileSync(file, `${name} ${server.hostKey}\n@revoked * ${server.hostKey}\n`);
    expect((await failure({ userKnownHostsFiles: [file] })).message).toMatch(/is revoked: SHA256:.*marks:2/);
    writeFileSync(file, `@cert-authority * ${server.hostKey}\n`);
    expect(await failure({ userKnownHostsFiles: [file] })).toMatchObject({
      message: expect.stringMatching(/certificate authority .*needs the system's ssh/),
      hint: expect.stringContaining("sshcmd"),
    });
    expect((await failure({ userKnownHostsFiles: [dir] })).message).toMatch(/cannot be read: EISDIR/);
  });

  test("nobody listens, the name does not resolve, the server says nothing, the server is none", async () => {
    expect(await failure({ port: await freePort() })).toMatchObject({
      stage: "connect",
      message: expect.stringMatching(/127.0.0.1 port \d+: connection refused/),
      hint: expect.stringContaining("SSH server running"),
    });
    expect(await failure({ hostName: "no-such-host.invalid" })).toMatchObject({
      stage: "resolve",
      message: expect.stringContaining("no-such-host.invalid (HostName of server):"),
    });
    const silent = await listening(() => {});
    const other = await listening((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    process.env.TJL_WORKER_TIMEOUT = "0.5";
    try {
      expect(await failure({ port: portOf(silent) })).toMatchObject({
        stage: "host key",
        message: "nothing heard for 0.5 s",
      });
      expect(await failure({ port: portOf(other) })).toMatchObject({
        stage: "host key",
        message: `this is no SSH server: it says "HTTP/1.1 400 Bad Request"`,
      });
    } finally {
      delete process.env.TJL_WORKER_TIMEOUT;
      silent.close();
      other.close();
    }
  });

  test("the time to think about a question does not count, nor the time in which this process is busy", async () => {
    process.env.TJL_WORKER_TIMEOUT = "2";
    // Answers only when the time that the step has is over.
    const overdue = async <T>(answer: T): Promise<T> => {
      const step = new Deadline(2, () => new Error("over"));
      await step.passed.catch(() => {});
      return answer;
    };
    const slow: Asker = (_, options) => overdue(options?.hidden ? keys.passphrase : "yes");
    const busy: Asker = async () => {
      queueMicrotask(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500));
      return keys.passphrase;
    };
    try {
      const locked = (): Partial<SshSettings> => ({ identityFiles: [lockedKey()] });
      const unknown: Partial<SshSettings> = { userKnownHostsFiles: ["/dev/null"], strictHostKeyChecking: "ask" };
      await Promise.all([connect(locked(), { asker: slow }), connect(unknown, { asker: slow })]);
      await connect(locked(), { asker: busy });
    } finally {
      delete process.env.TJL_WORKER_TIMEOUT;
    }
  });

  test("a start that is given up ends at once", async () => {
    const abort = new AbortController();
    const silent = await listening(() => abort.abort(new Error("enough")));
    try {
      await expect(connect({ port: portOf(silent) }, { signal: abort.signal })).rejects.toThrow("enough");
    } finally {
      silent.close();
    }
  });

  test("through other hosts, and through a command", async () => {
    const inner = await startSshd({ keys, alias: "inner" });
    try {
      const first = await connect();
      const innerSettings = await sshSettings({ host: "inner", configFile: inner.configFile });
      const second = await openSsh(innerSettings, { via: first });
      open.push(second);
      expect(await output(second, "echo $SSH_CONNECTION")).toContain(` ${inner.port}\n`);
      await expect(openSsh({ ...innerSettings, port: 1 }, { via: first })).rejects.toMatchObject({
        stage: "connect",
        message: expect.stringContaining("through server: not reachable"),
      });
      const proxied = await connect({
        proxyCommand: `ssh -F ${server.configFile} -W '[127.0.0.1]:${server.port}' server`,
      });
      expect(await output(proxied, "echo through")).toMatch(/through/);
      const broken = await failure({ proxyCommand: "false" });
      expect(broken).toMatchObject({ stage: "connect", message: "ProxyCommand ended with status 1: false" });
    } finally {
      await inner.stop();
    }
  });

  test("a server that drops connections while many log in is tried again", async () => {
    const busy = await startSshd({ keys, config: "MaxStartups 2:80:4", alias: "server" });
    try {
      const config = join(dir, "busy-config");
      writeFileSync(
        config,
        clientConfig({ alias: "server", host: busy.host, port: busy.port, keys, knownHostsFile: busy.knownHostsFile }),
      );
      const own = await sshSettings({ host: "server", configFile: config });
      const connections = await Promise.all(Array.from({ length: 8 }, () => openSsh(own)));
      open.push(...connections);
      expect(busy.log()).toMatch(/drop connection|beginning MaxStartups throttling/);
    } finally {
      await busy.stop();
    }
  });
});
