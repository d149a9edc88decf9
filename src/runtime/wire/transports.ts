/**
 * Connections between processes: Unix-domain sockets on one host, TCP between hosts. Both ends read into one kept buffer
 * (`onread`), and large segments straight into their final memory.
 */
import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import { createServer, type NetConnectOpts, Socket } from "node:net";
import { dirname } from "node:path";
import { listenOnPath } from "./listen-on-path.ts";
import { Source, setSource } from "./source.ts";

/** Where a process listens. */
export interface Address {
  /** A path when `port` is 0 and it has a slash in it, else a host name or address. */
  readonly host: string;
  readonly port: number;
}

export interface Listener {
  /** The address that others connect to; the port is the real one. */
  readonly address: Address;
  /** Stops listening; connections that are open stay. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** How long it may take. Default: 10 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const READ_BYTES = 64 * 1024;

/** Listens; a socket file is 0600 in a folder that is this user's own and 0700. */
export function listen(address: Address, onConnection: (stream: Socket) => void): Promise<Listener> {
  const path = pathOf(address);
  if (path !== undefined) ownFolder(dirname(path));
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true, noDelay: path === undefined }, (socket) => {
      onConnection(withKeptBuffer(socket));
    });
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      server.on("error", () => {});
      if (path !== undefined) chmodSync(path, 0o600);
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : 0;
      resolve({
        address: { host: address.host, port },
        close: () => new Promise((closed) => server.close(() => closed())),
      });
    });
    if (path === undefined) server.listen({ host: address.host, port: address.port });
    else listenOnPath(server, path);
  });
}

/** Connects; rejects with what failed and where to. */
export function connect(address: Address, options: ConnectOptions = {}): Promise<Socket> {
  const { timeoutMs = 10_000, signal } = options;
  const path = pathOf(address);
  const target: NetConnectOpts =
    path === undefined ? { host: address.host, port: address.port, noDelay: true } : { path };
  const where = path ?? `${address.host}:${address.port}`;
  return new Promise((resolve, reject) => {
    const socket = makeSocket({});
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    const onAbort = (): void => fail(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", fail);
    };
    function fail(cause: Error): void {
      done();
      socket.on("error", () => {});
      socket.destroy();
      reject(new Error(`cannot connect to ${where}: ${cause.message}`, { cause }));
    }
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.once("error", fail);
    socket.connect(target, () => {
      done();
      // Until the handshake listens, an error shows as the end of the stream.
      socket.on("error", () => {});
      resolve(socket);
    });
    if (signal?.aborted) onAbort();
  });
}

function pathOf({ host, port }: Address): string | undefined {
  return port === 0 && host.includes("/") ? host : undefined;
}

/** Makes the folder when it is not there; throws when it is not this user's alone. */
export function ownFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const stats = lstatSync(folder);
  const uid = process.getuid?.();
  if (!stats.isDirectory() || (uid !== undefined && stats.uid !== uid) || (stats.mode & 0o077) !== 0) {
    throw new Error(`${folder} must be a folder of this user's own, closed to others (chmod 700)`);
  }
}

/** A socket that reads into one kept buffer, or into what its source offers; the source is registered. */
function makeSocket(options: object): Socket {
  const kept = Buffer.allocUnsafeSlow(READ_BYTES);
  let reading: Uint8Array | undefined;
  // The constructor of a socket with a handle asks for the buffer at once.
  let source: Source | undefined;
  const onread = {
    /** Where the next read goes; undefined leaves it as it is. */
    buffer: (): Uint8Array | undefined => {
      const next = source?.room() ?? kept;
      if (next === reading) return undefined;
      reading = next;
      return next;
    },
    callback: (count: number, buffer: Uint8Array): boolean => {
      if (buffer === kept) source?.push(kept, count);
      else source?.filled(count);
      return true;
    },
  };
  const socket = new Socket({ ...options, onread } as never);
  source = new Source(socket);
  setSource(socket, source);
  return socket;
}

/** A socket, with the parts of it that adopting its connection needs. */
interface AcceptedSocket extends Socket {
  _handle?: { useUserBuffer?: unknown } | null;
}

/**
 * Takes over an accepted connection with a socket that reads into a kept buffer; the server makes its own sockets and
 * cannot be told to. Where this Node does not let us, the socket stays as it is and is read by its `data` events.
 */
function withKeptBuffer(accepted: AcceptedSocket): Socket {
  const handle = accepted._handle;
  if (handle === null || handle === undefined || typeof handle.useUserBuffer !== "function") return accepted;
  accepted._handle = null;
  // Without its handle it closes nothing, and leaves the server's count of connections.
  accepted.destroy();
  return makeSocket({ handle, allowHalfOpen: false });
}
