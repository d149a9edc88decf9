/**
 * The ways to log in, one after the other, in OpenSSH's order: keys of the agent (those of the configuration first), key files,
 * then what the server asks a person for. Keeps a record of what was tried, for the error.
 */
import { readFileSync } from "node:fs";
import type {
  AnyAuthMethod,
  AuthenticationType,
  BaseAgent,
  NextAuthHandler,
  ParsedKey,
  Prompt,
  PublicKeyEntry,
} from "ssh2";
import { type Asker, around } from "./asker.ts";
import { fingerprint } from "./known-hosts.ts";
import type { SshSettings } from "./ssh-config.ts";
import type { Deadline } from "./stage.ts";

type Ssh2 = typeof import("ssh2");

const PASSPHRASE_TRIES = 3;

/** Keys whose passphrase was told, or is being asked for, by what is in their file: it is typed once, not once a machine. */
const openings = new Map<string, Promise<ParsedKey | Error>>();

export class Login {
  /** What was tried and what stood in the way, in words. */
  readonly tried: string[] = [];
  /** Key files that would be of use if their passphrase were known. */
  readonly locked: string[] = [];
  /** The methods that the server still takes, as it said last. */
  serverTakes: readonly AuthenticationType[] = [];
  readonly #ssh2: Ssh2;
  readonly #settings: SshSettings;
  readonly #asker: Asker | undefined;
  #deadline: Deadline | undefined;
  readonly #methods: AsyncGenerator<AnyAuthMethod, undefined>;

  constructor(ssh2: Ssh2, settings: SshSettings, asker: Asker | undefined) {
    this.#ssh2 = ssh2;
    this.#settings = settings;
    this.#asker = settings.batchMode ? undefined : asker && around(asker, (ask) => this.#still(ask));
    this.#methods = this.#all();
  }

  /** While a person is asked, the clock of the login stands still. */
  askWhile(deadline: Deadline): void {
    this.#deadline = deadline;
  }

  /** ssh2 asks this for the next way to try. */
  readonly next = (left: AuthenticationType[] | null, _partial: boolean | null, next: NextAuthHandler): void => {
    this.serverTakes = left ?? [];
    this.#methods.next().then(
      ({ value }) => next(value ?? (false as never)),
      (error: Error) => {
        this.tried.push(error.message);
        next(false as never);
      },
    );
  };

  #still<T>(work: () => Promise<T>): Promise<T> {
    return this.#deadline?.pausedFor(work) ?? work();
  }

  async *#all(): AsyncGenerator<AnyAuthMethod, undefined> {
    const username = this.#settings.user;
    // A try with nothing makes the server say what it takes.
    yield { type: "none", username };
    const files = this.#keyFiles();
    const agent = await this.#agent(files);
    if (this.serverTakes.includes("publickey")) {
      if (agent) yield { type: "agent", username, agent };
      for (const file of files) {
        if (file.inAgent) continue;
        const key = await this.#unlocked(file);
        if (key) yield { type: "publickey", username, key };
      }
    }
    if (this.#asker && this.serverTakes.includes("keyboard-interactive")) yield this.#interactive(this.#asker);
    if (this.#asker && this.serverTakes.includes("password")) {
      const password = await this.#asker(`Password of ${username}@${this.#settings.hostName}: `, { hidden: true });
      this.tried.push("password");
      if (password !== undefined) yield { type: "password", username, password };
    }
    return undefined;
  }

  #keyFiles(): KeyFile[] {
    return this.#settings.identityFiles.flatMap((path): KeyFile[] => {
      const publicKey = publicPart(this.#ssh2, path);
      try {
        return [{ path, content: readFileSync(path), publicKey, inAgent: false }];
      } catch (error) {
        // The agent may hold the private part of a key of which only the public one is here.
        if (publicKey) return [{ path, content: undefined, publicKey, inAgent: false }];
        if ((error as NodeJS.ErrnoException).code !== "ENOENT")
          this.tried.push(`${path} (${(error as Error).message})`);
        return [];
      }
    });
  }

  /** The agent's keys, those of the configuration first; only those with IdentitiesOnly. */
  async #agent(files: KeyFile[]): Promise<BaseAgent | undefined> {
    const socket = this.#settings.agent;
    if (!socket) return undefined;
    const agent = new this.#ssh2.OpenSSHAgent(socket);
    const identities = await new Promise<ParsedKey[]>((resolve) => {
      agent.getIdentities((error, keys) => {
        if (error) this.tried.push(`the agent at ${socket} (${error.message})`);
        resolve((keys ?? []).flatMap((key) => parsed(this.#ssh2, key)));
      });
    });
    const blob = (key: ParsedKey) => key.getPublicSSH().toString("base64");
    const configured = new Map(files.flatMap((file) => (file.publicKey ? [[file.publicKey, file]] : [])));
    const wanted = identities.filter((key) => configured.has(blob(key)));
    for (const key of wanted) (configured.get(blob(key)) as KeyFile).inAgent = true;
    const others = this.#settings.identitiesOnly ? [] : identities.filter((key) => !configured.has(blob(key)));
    const offered = [...wanted, ...others];
    if (offered.length === 0) return undefined;
    this.tried.push(`${offered.length} key${offered.length === 1 ? "" : "s"} of the agent`);
    return offeringOnly(this.#ssh2, agent, offered);
  }

  async #unlocked({ path, content }: KeyFile): Promise<ParsedKey | undefined> {
    if (!content) return undefined;
    const parsed = one(this.#ssh2.utils.parseKey(content));
    const key = isLocked(parsed) ? await this.#opened(path, content) : parsed;
    if (isLocked(parsed) && key instanceof Error) this.locked.push(path);
    this.tried.push(`${path} (${key instanceof Error ? key.message : fingerprint(key.getPublicSSH())})`);
    return key instanceof Error ? undefined : key;
  }

  /** The key behind its passphrase; else an error that says why not. */
  async #opened(path: string, content: Buffer): Promise<ParsedKey | Error> {
    if (!this.#asker) return new Error("has a passphrase");
    const id = content.toString("latin1");
    const opening = openings.get(id) ?? this.#open(this.#asker, path, content);
    openings.set(id, opening);
    const forget = () => openings.delete(id);
    opening.then((key) => key instanceof Error && forget(), forget);
    return this.#still(() => opening);
  }

  async #open(asker: Asker, path: string, content: Buffer): Promise<ParsedKey | Error> {
    for (let tries = 0; tries < PASSPHRASE_TRIES; tries++) {
      const passphrase = await asker(`Passphrase of ${path}: `, { hidden: true });
      if (!passphrase) return new Error("has a passphrase");
      const key = one(this.#ssh2.utils.parseKey(content, passphrase));
      if (!isLocked(key)) return key;
    }
    return new Error("wrong passphrase");
  }

  #interactive(asker: Asker): AnyAuthMethod {
    const username = this.#settings.user;
    const answer = async (instructions: string, prompts: Prompt[]): Promise<string[]> => {
      const answers: string[] = [];
      for (const { prompt } of prompts) {
        const question = [instructions.trim(), `${username}@${this.#settings.hostName}: ${prompt}`]
          .filter(Boolean)
          .join("\n");
        answers.push((await asker(visible(question), { hidden: true })) ?? "");
      }
      return answers;
    };
    this.tried.push("questions of the server");
    return {
      type: "keyboard-interactive",
      username,
      prompt: (_name, instructions, _lang, prompts, finish) => void answer(instructions, prompts).then(finish),
    };
  }
}

interface KeyFile {
  path: string;
  content: Buffer | undefined;
  /** Base64, where the file beside it with `.pub`, or the key itself, tells it. */
  publicKey: string | undefined;
  inAgent: boolean;
}

function publicPart(ssh2: Ssh2, path: string): string | undefined {
  for (const file of [`${path}.pub`, path]) {
    try {
      const key = one(ssh2.utils.parseKey(readFileSync(file)));
      if (!(key instanceof Error)) return key.getPublicSSH().toString("base64");
    } catch {
      // Not there.
    }
  }
  return undefined;
}

function isLocked(key: ParsedKey | Error): boolean {
  return key instanceof Error && /passphrase|decrypt/i.test(key.message);
}

/** What a server wants to have said, without what would move the cursor of the terminal. */
function visible(text: string): string {
  return text.replace(/(?!\n)\p{Cc}/gu, "");
}

/** Some formats hold several keys. */
function one(keys: ParsedKey | Error | ParsedKey[]): ParsedKey | Error {
  return Array.isArray(keys) ? (keys[0] ?? new Error("holds no key")) : keys;
}

/** An agent tells its keys in one of three wrappings. */
function parsed(ssh2: Ssh2, entry: ParsedKey | PublicKeyEntry): ParsedKey[] {
  const outer = "pubKey" in entry ? entry.pubKey : entry;
  const key = one(ssh2.utils.parseKey("pubKey" in outer ? outer.pubKey : outer));
  return key instanceof Error ? [] : [key];
}

function offeringOnly(ssh2: Ssh2, agent: BaseAgent, keys: ParsedKey[]): BaseAgent {
  class Offer extends ssh2.BaseAgent<ParsedKey> {
    override getIdentities(done: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
      done(undefined, keys);
    }
    override sign(...args: unknown[]): void {
      (agent.sign as (...args: unknown[]) => void).apply(agent, args);
    }
  }
  return new Offer();
}
