/**
 * One SSH connection by ssh2: from a name to a connection that is logged in, step by step, each with its deadline and its own kind
 * of error; then commands, and streams to addresses that the other host can reach. Not here: who shares it (ssh-pool.ts).
 */
import { spawn } from "node:child_process";
import { promises as dns, type LookupAddress } from "node:dns";
import { createRequire } from "node:module";
import { connect as connectTcp, type Socket } from "node:net";
import { Duplex, type Readable, type Writable } from "node:stream";
import type { Client, ClientChannel, ClientErrorExtensions, ServerHostKeyAlgorithm } from "ssh2";
import { type Asker, around, until } from "./asker.ts";
import { acceptHostKey, preferredAlgorithms, readKnownHosts } from "./host-key.ts";
import type { SshSettings } from "./ssh-config.ts";
import { Login } from "./ssh-login.ts";
import { type Deadline, inStage, StageError } from "./stage.ts";

/** A command that runs on another host. */
export interface RemoteCommand {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  exited: Promise<{ exitCode?: number | undefined; signal?: string | undefined; reason?: string | undefined }>;
  /** Idle connections do not keep this process alive. */
  unref(): void;
  /** Ends the connection's use; what runs there sees the end of its standard input. */
  close(): void;
}

/** A host that commands can be started on. */
export interface RemoteHost {
  readonly label: string;
  run(command: string): Promise<RemoteCommand>;
  /** A stream to an address as seen from that host; undefined where this kind of connection cannot. */
  forward?(address: { host: string; port: number }): Promise<Duplex>;
  /** What a complaint of the way there is about, where commands and the way share their standard error. */
  explain?(complaint: string): StageError | undefined;
  unref(): void;
  close(): void;
}

export interface OpenOptions {
  asker?: Asker | undefined;
  signal?: AbortSignal | undefined;
  /** The connection to the host before this one, where it is reached through others. */
  via?: SshConnection | undefined;
}

/** Servers refuse new connections at random while many log in at once; these are tried again after a while. */
const TRIES = 5;
const FIRST_PAUSE_MS = 250;

/** Connects and logs in. Rejects with a StageError. */
export async function openSsh(settings: SshSettings, options: OpenOptions = {}): Promise<SshConnection> {
  for (let tries = 1; ; tries++) {
    try {
      return await openOnce(settings, options);
    } catch (error) {
      if (!(error instanceof ServerBusy) || tries === TRIES) throw error;
    }
    await pause(FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random()));
  }
}

/** The server closed the connection before it said a word of SSH. */
class ServerBusy extends StageError {
  constructor() {
    super(
      "host key",
      "the server closes new connections at once",
      "is it too busy? maxParallel lowers how many log in together",
    );
  }
}

function whyClosed(firstWords: string): StageError {
  const said = firstWords.split(/[\r\n]/, 1)[0];
  if (!said || /^SSH-|MaxStartups/.test(said)) return new ServerBusy();
  return new StageError("host key", `this is no SSH server: it says ${JSON.stringify(said)}`, "check host and port");
}

async function openOnce(settings: SshSettings, options: OpenOptions): Promise<SshConnection> {
  const { signal } = options;
  const asking = new AbortController();
  const asker = options.asker && until(options.asker, asking.signal);
  // An answer that comes when the connection is over is more than ssh2 can take.
  const unlessOver = <T>(tell: (answer: T) => void) => {
    return (answer: T) => void (asking.signal.aborted || tell(answer));
  };
  const known = readKnownHosts(settings);
  const { stream, trouble } = await openStream(settings, options);
  const ssh2 = loadSsh2();
  const client = new ssh2.Client();
  const login = new Login(ssh2, settings, asker);
  const failed = Promise.race([trouble, failureOf(client, stream)]);
  failed.catch(() => {});
  const shakeHands = (deadline: Deadline) => {
    const agreed = new Promise<void>((resolve, reject) => {
      client.once("handshake", () => resolve());
      client.connect({
        sock: stream,
        username: settings.user,
        authHandler: (left, partial, next) => login.next(left, partial, unlessOver(next)),
        readyTimeout: 0,
        keepaliveInterval: 0,
        algorithms: serverKeys(preferredAlgorithms(known, settings)),
        hostVerifier: (key: Buffer, decide: (accept: boolean) => void) => {
          const accepted = acceptHostKey(settings, known, key, patient(asker, deadline));
          const say = unlessOver(decide);
          accepted.then(
            () => say(true),
            (error: Error) => {
              reject(error);
              say(false);
            },
          );
        },
      });
    });
    return Promise.race([agreed, failed]);
  };
  const logIn = (deadline: Deadline) => {
    login.askWhile(deadline);
    const ready = new Promise<void>((resolve) => client.once("ready", () => resolve()));
    return Promise.race([ready, failed]).catch((error: Error & ClientErrorExtensions) => {
      throw error.level === "client-authentication" ? refused(settings, login) : error;
    });
  };
  try {
    await inStage("host key", shakeHands, { signal });
    await inStage("login", logIn, { signal });
    return new SshConnection(client, settings, stream);
  } catch (failure) {
    asking.abort();
    // What carries the connection knows better, but may say so a moment later.
    const error = await Promise.race([
      trouble.catch((cause) => cause),
      pause(settings.proxyCommand ? 300 : 0).then(() => failure),
    ]);
    client.end();
    stream.destroy();
    throw error;
  }
}

function failureOf(client: Client, stream: Duplex): Promise<never> {
  let firstWords = "";
  let isAgreed = false;
  client.once("handshake", () => (isAgreed = true));
  // ssh2 has paused the stream by the time somebody reads, so that listening takes nothing away from it.
  client.once("connect", () => stream.once("data", (chunk: Buffer) => (firstWords = chunk.toString("latin1", 0, 80))));
  return new Promise<never>((_, reject) => {
    client.once("close", () => reject(new Error("the server closed the connection")));
    // Not once: one end may be told by several errors.
    client.on("error", (error) => {
      const isClosed = !isAgreed && /before handshake|ECONNRESET/.test(error.message);
      reject(isClosed ? whyClosed(firstWords) : error);
    });
  });
}

function serverKeys(preferred: string[]): {
  serverHostKey?: { prepend: ServerHostKeyAlgorithm[]; append: []; remove: [] };
} {
  const supported = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",
  ];
  const prepend = preferred.filter((name) => supported.includes(name)) as ServerHostKeyAlgorithm[];
  return prepend.length > 0 ? { serverHostKey: { prepend, append: [], remove: [] } } : {};
}

function patient(asker: Asker | undefined, deadline: Deadline): Asker | undefined {
  return asker && around(asker, (ask) => deadline.pausedFor(ask));
}

function refused(settings: SshSettings, login: Login): StageError {
  const takes = login.serverTakes.length > 0 ? `; the server takes ${login.serverTakes.join(", ")}` : "";
  const tried = login.tried.length > 0 ? `tried ${login.tried.join(", ")}` : "there is no key to try";
  const target = `${settings.user}@${settings.alias}`;
  const hint = login.locked.length > 0 ? `ssh-add ${login.locked[0]}` : `ssh-copy-id -p ${settings.port} ${target}`;
  return new StageError("login", `${settings.hostName} refused ${settings.user}: ${tried}${takes}`, hint);
}

interface Carrier {
  stream: Duplex;
  /** Rejects when what carries the stream fails by itself. */
  trouble: Promise<never>;
}

const never = new Promise<never>(() => {});

/** The stream that the SSH protocol runs on: a socket, a command, or a way through the host before. */
async function openStream(settings: SshSettings, { via, signal }: OpenOptions): Promise<Carrier> {
  const { hostName, port, proxyCommand, connectTimeoutSeconds: seconds } = settings;
  if (via) {
    const work = () => via.forward({ host: hostName, port });
    return { stream: await inStage("connect", work, { seconds, signal }), trouble: never };
  }
  if (proxyCommand) return openProxy(proxyCommand);
  const addresses = await inStage("resolve", () => resolveName(settings), { signal });
  const stream = await inStage("connect", () => openTcp(addresses, port), {
    seconds,
    signal,
    hint: hintFor("ETIMEDOUT"),
  });
  return { stream, trouble: never };
}

async function resolveName({ hostName, addressFamily, alias }: SshSettings): Promise<LookupAddress[]> {
  try {
    return await dns.lookup(hostName, { all: true, family: addressFamily });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOTFOUND" ? "no such host" : code === "EAI_AGAIN" ? "the name servers do not answer" : String(code);
    const name = alias === hostName ? hostName : `${hostName} (HostName of ${alias})`;
    throw new StageError("resolve", `${name}: ${why}`, "check the name in the machine file and in ~/.ssh/config");
  }
}

function openTcp(addresses: LookupAddress[], port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({
      host: addresses[0]?.address ?? "",
      port,
      noDelay: true,
      autoSelectFamily: true,
      lookup: (_name, _options, done) => (done as (e: null, a: LookupAddress[]) => void)(null, addresses),
    });
    // The kernel notices a host that is gone even while this process is busy.
    socket.setKeepAlive(true, 4000);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const where = addresses.map(({ address }) => address).join(", ");
      const words: Record<string, string> = {
        ECONNREFUSED: "connection refused",
        EHOSTUNREACH: "no route to the host",
        ENETUNREACH: "the network cannot be reached",
        ETIMEDOUT: "no answer",
      };
      reject(
        new StageError(
          "connect",
          `${where} port ${port}: ${words[error.code ?? ""] ?? error.message}`,
          hintFor(error.code),
        ),
      );
    });
  });
}

function hintFor(code: string | undefined): string {
  return code === "ECONNREFUSED"
    ? "is the SSH server running there, and on that port?"
    : "is the machine on, and no firewall between?";
}

function openProxy(command: string): Carrier {
  const child = spawn("/bin/sh", ["-c", `exec ${command}`], { stdio: ["pipe", "pipe", "inherit"] });
  const stream: Duplex & { unref?(): void } = Duplex.from({ readable: child.stdout, writable: child.stdin });
  const trouble = new Promise<never>((_, reject) => {
    child.on("error", (error) => reject(new StageError("connect", `ProxyCommand: ${error.message}`)));
    child.on("exit", (status) => {
      reject(new StageError("connect", `ProxyCommand ended with status ${status}: ${command}`, "run it by hand"));
    });
  });
  stream.on("close", () => child.kill());
  stream.on("error", () => {});
  stream.unref = () => {
    child.unref();
    for (const end of [child.stdin, child.stdout]) (end as unknown as { unref?(): void }).unref?.();
  };
  return { stream, trouble };
}

/** A connection that is logged in. */
export class SshConnection implements RemoteHost {
  readonly settings: SshSettings;
  /** Resolves when the connection is over, with the error that ended it, if one did. */
  readonly closed: Promise<Error | undefined>;
  readonly #client: Client;
  readonly #socket: Duplex & { unref?(): void };

  constructor(client: Client, settings: SshSettings, socket: Duplex) {
    this.#client = client;
    this.#socket = socket;
    this.settings = settings;
    this.closed = new Promise((resolve) => {
      let cause: Error | undefined;
      client.on("error", (error) => {
        cause ??= error;
      });
      client.once("close", () => resolve(cause));
    });
  }

  get label(): string {
    return this.settings.alias;
  }

  /** Starts a command through the login shell of the user there. */
  run(command: string): Promise<RemoteCommand> {
    return inStage("command", () => this.#exec(command));
  }

  #exec(command: string): Promise<RemoteCommand> {
    return new Promise((resolve, reject) => {
      this.#client.exec(command, (error, channel) => {
        if (!error) return resolve(this.#commandOn(channel));
        const full = /open failed/.test(error.message) ? " (does MaxSessions of the server allow another one?)" : "";
        reject(new StageError("command", `the server starts no command: ${error.message}${full}`));
      });
    });
  }

  #commandOn(channel: ClientChannel): RemoteCommand {
    const exited = new Promise<Awaited<RemoteCommand["exited"]>>((resolve) => {
      channel.once("exit", (code: number | null, signal?: string) => {
        const ended = {
          exitCode: code ?? undefined,
          signal: signal && !signal.startsWith("SIG") ? `SIG${signal}` : signal,
        };
        // Its last words have come before, and whoever reads them gets them in the next turn.
        setImmediate(resolve, ended);
      });
      // Without a word about the end, the connection went before the command did.
      channel.once("close", () => {
        this.closed.then((error) =>
          resolve({ reason: `lost its SSH connection${error ? ` (${error.message})` : ""}` }),
        );
        setTimeout(() => resolve({}), 200).unref();
      });
    });
    channel.on("error", () => {});
    channel.stderr.on("error", () => {});
    return {
      stdin: channel,
      stdout: channel,
      stderr: channel.stderr,
      exited,
      unref: () => this.unref(),
      close: () => channel.end(),
    };
  }

  /** A stream to a TCP address, or with port 0 to a Unix-domain socket, as that host sees it. */
  forward({ host, port }: { host: string; port: number }): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | undefined, channel: ClientChannel) => {
        if (!error) return resolve(channel);
        const where = port === 0 ? host : `${host} port ${port}`;
        const reason = (error as { reason?: unknown }).reason;
        const why = reason === 2 || reason === "CONNECT_FAILED" ? "not reachable from there" : error.message;
        reject(new StageError("connect", `${where} through ${this.label}: ${why}`));
      };
      if (port === 0) this.#client.openssh_forwardOutStreamLocal(host, done);
      else this.#client.forwardOut("127.0.0.1", 0, host, port, done);
    });
  }

  unref(): void {
    this.#socket.unref?.();
  }

  close(): void {
    this.#client.end();
    // A server that does not answer any more would hold the socket open.
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }
}

/** ssh2 costs 40 ms, so it is loaded with the first connection. */
function loadSsh2(): typeof import("ssh2") {
  return createRequire(import.meta.url)("ssh2");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
