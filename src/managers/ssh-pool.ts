/**
 * Who shares what: one connection and one agent a host, and one connection to each host on the way there. Not too many log in at
 * the same time. What nobody uses any more is closed.
 */
import { type Asker, currentAsker } from "./asker.ts";
import { parseMachine } from "./machinefile.ts";
import { type AgentOptions, type RemoteAgent, startAgent } from "./remote-agent.ts";
import { type SshQuery, type SshSettings, sshSettings } from "./ssh-config.ts";
import { openSsh, type RemoteHost, type SshConnection } from "./ssh-connection.ts";
import { SystemSsh } from "./ssh-system.ts";
import { inStage, StageError } from "./stage.ts";

/** OpenSSH servers begin to refuse connections when ten log in at once. */
const HANDSHAKES_AT_ONCE = 8;
const LONGEST_CHAIN = 8;

export interface AgentQuery extends SshQuery, AgentOptions {
  /** The system's ssh is used when this is given. */
  sshcmd?: readonly string[] | undefined;
  /** How to ask the person at the terminal. Default: as the command line says. */
  asker?: Asker | undefined;
}

/** A use of something shared; `release` must be called once. */
export interface Lease<T> {
  readonly value: T;
  release(): void;
}

/** An agent on the host, with the connection it needs; the same one for everyone who asks alike. */
export async function leaseAgent(query: AgentQuery): Promise<Lease<RemoteAgent> & { isIndirect: boolean }> {
  const { nodes, lookAround, shell, signal, sshcmd } = query;
  const settings = sshcmd ? undefined : await settingsOf(query);
  const { signal: _, asker: __, ...identity } = query;
  const key = JSON.stringify([settings ?? identity, nodes, lookAround, shell]);
  const lease = await agents.lease(key, async () => {
    const connection = settings ? await leaseConnection(settings, settings.proxyJump, query) : undefined;
    const host: RemoteHost =
      connection?.value ?? new SystemSsh({ ...query, sshcmd: sshcmd ?? [], sshflags: query.flags ?? [] });
    const giveUp = () => (connection ? connection.release() : host.close());
    try {
      const agent = await startAgent(host, { nodes, lookAround, shell, signal });
      agent.unref();
      const gone = agent.gone.then(giveUp);
      return { value: agent, close: () => agent.close(), gone };
    } catch (error) {
      giveUp();
      throw error;
    }
  });
  return { ...lease, isIndirect: settings !== undefined && isIndirect(settings) };
}

function isIndirect({ proxyJump, proxyCommand }: SshSettings): boolean {
  return proxyJump.length > 0 || proxyCommand !== undefined;
}

function settingsOf(query: SshQuery): Promise<SshSettings> {
  return inStage("configuration", () => sshSettings({ configFile: process.env.TJL_SSH_CONFIG, ...query }));
}

/** A connection to the host of these settings, through others where it says so; those are shared too. */
async function leaseConnection(
  settings: SshSettings,
  jumps: readonly string[],
  query: AgentQuery,
  depth = 0,
): Promise<Lease<SshConnection>> {
  if (depth > LONGEST_CHAIN) throw new StageError("configuration", `ProxyJump of ${settings.alias} leads in a circle`);
  return connections.lease(JSON.stringify([settings, jumps]), async () => {
    const via = await leaseJump(jumps, query, depth);
    try {
      const open = () =>
        openSsh(settings, { asker: query.asker ?? currentAsker(), signal: query.signal, via: via?.value });
      const connection = await handshakes.run(open);
      const gone = connection.closed.then(() => via?.release());
      return { value: connection, close: () => connection.close(), gone };
    } catch (error) {
      via?.release();
      throw error;
    }
  });
}

/** As OpenSSH: the last host of the list is reached through the ones before it, the first one as its own configuration says. */
async function leaseJump(
  jumps: readonly string[],
  query: AgentQuery,
  depth: number,
): Promise<Lease<SshConnection> | undefined> {
  const last = jumps.at(-1);
  if (last === undefined) return undefined;
  const { host, user, port } = parseMachine(last);
  const configFile = query.configFile ?? configFlag(query.flags);
  const settings = await settingsOf({ host, user, port, ...(configFile && { configFile }) });
  const before = jumps.slice(0, -1);
  return leaseConnection(settings, before.length > 0 ? before : settings.proxyJump, query, depth + 1);
}

/** Of the flags of ssh only the file of the configuration holds for the hosts on the way. */
function configFlag(flags: readonly string[] = []): string | undefined {
  const at = flags.findIndex((flag) => flag.startsWith("-F"));
  return flags[at] === "-F" ? flags[at + 1] : flags[at]?.slice(2);
}

interface Shared<T> {
  value: T;
  close(): void;
  /** Resolves when it is over, for whatever reason. */
  gone: Promise<unknown>;
}

class Pool<T> {
  readonly #entries = new Map<string, { made: Promise<Shared<T>>; users: number }>();

  async lease(key: string, make: () => Promise<Shared<T>>): Promise<Lease<T>> {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { made: make(), users: 0 };
      this.#entries.set(key, entry);
      const forget = () => this.#entries.delete(key);
      entry.made.then(({ gone }) => gone.then(forget), forget);
    }
    const mine = entry;
    mine.users += 1;
    const { value, close } = await mine.made;
    let released = false;
    return {
      value,
      release: () => {
        if (released) return;
        released = true;
        mine.users -= 1;
        if (mine.users > 0) return;
        if (this.#entries.get(key) === mine) this.#entries.delete(key);
        close();
      },
    };
  }
}

/** Runs so many at once, the others in order after them. */
export class Limit {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

const agents = new Pool<RemoteAgent>();
const connections = new Pool<SshConnection>();
const handshakes = new Limit(HANDSHAKES_AT_ONCE);
