/** What a master and an agent say to each other beside the streams. Types only. */

/** Asked by the master; answered with `{ n, ok }` or `{ n, error }`. */
export type Question =
  /** Whether the worker's program is there: at `root`, where the master has it, or in the cache. */
  | { op: "look"; root: string; hash: string }
  /** Keep the packed program that comes on `stream`. */
  | { op: "put"; stream: number; hash: string }
  | { op: "start"; worker: number; stdout: number; stderr: number; start: WorkerStart }
  /** Answered when the stream is connected. */
  | { op: "open"; stream: number; host: string; port: number }
  /** Listen at this address for connections that are closed at once: whether they arrive is the question. */
  | { op: "listen"; host: string }
  | { op: "ping" };

export interface WorkerStart {
  /** The program to run. Default: the Node that runs the agent. */
  program?: string;
  /** Its words: for Node its flags, the worker's file, its options. */
  words: readonly string[];
  dir: string;
  /** Where to go when `dir` is not there; undefined when it was asked for and must be. */
  otherwise: "home" | undefined;
  env: Readonly<Record<string, string>>;
  cookie: string;
}

export interface Answers {
  look: { folder: string | undefined };
  put: { folder: string };
  start: { ospid: number };
  open: Record<string, never>;
  listen: { port: number };
  ping: { now: number };
}

/** What the agent says of its host, first of all. */
export interface AgentHello {
  node: string;
  platform: string;
  host: string;
  home: string;
  cores: number;
  /** The address by which this host was reached, where the SSH server tells it. */
  address: string | undefined;
  /** Milliseconds since 1970, to see how far the clocks are apart. */
  now: number;
}

export type FromMaster = (Question & { n: number }) | { op: "signal"; worker: number; signal: NodeJS.Signals };

export type FromAgent =
  | { op: "hello"; hello: AgentHello }
  | { op: "answer"; n: number; ok?: unknown; error?: string }
  | { op: "exit"; worker: number; exitCode?: number | undefined; signal?: string | undefined }
  /** Sent when nothing was heard for long, so that the kernel has something to have acknowledged. */
  | { op: "beat" };
