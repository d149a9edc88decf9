/**
 * A host that is reached by the system's `ssh` (or a program like it) instead of our own client: Kerberos, FIDO keys, certificates, and
 * whatever else it knows. One process and one connection a host; streams go through the agent.
 */
import { nativeImport } from "../native-import.ts";
import { programsMayAsk } from "./asker.ts";
import type { RemoteCommand, RemoteHost } from "./ssh-connection.ts";
import { StageError } from "./stage.ts";

export interface SystemSshOptions {
  /** The program, with words that always come first. */
  sshcmd: readonly string[];
  sshflags: readonly string[];
  host: string;
  user?: string | undefined;
  port?: number | undefined;
}

export class SystemSsh implements RemoteHost {
  readonly label: string;
  readonly #options: SystemSshOptions;
  #processes: RemoteCommand[] = [];

  constructor(options: SystemSshOptions) {
    this.#options = options;
    this.label = options.host;
  }

  async run(command: string): Promise<RemoteCommand> {
    const { execa } = await nativeImport<typeof import("execa")>("execa");
    const { sshcmd, sshflags, host, user, port } = this.#options;
    const words = [...sshcmd, ...flags(), ...sshflags];
    if (port !== undefined) words.push("-p", String(port));
    words.push(user === undefined ? host : `${user}@${host}`, command);
    // In the terminal's own group, so that it can ask there; but Ctrl-C is not for it.
    const child = execa("/bin/sh", ["-c", 'trap "" INT QUIT; exec "$@"', "sh", ...words], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      buffer: false,
      reject: false,
      cleanup: false,
    });
    child.stdin.on("error", () => {});
    const process: RemoteCommand = {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exited: child.then(({ exitCode, signal, message }) => ({
        exitCode,
        signal,
        ...(exitCode === 255 && { reason: `${words[0]} lost the connection or never had one` }),
        ...(exitCode === undefined && signal === undefined && { reason: message }),
      })),
      unref() {
        child.unref();
        for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as { unref?(): void }).unref?.();
      },
      close: () => void child.stdin.end(),
    };
    this.#processes.push(process);
    return process;
  }

  /** What a complaint of ssh is about. */
  explain(complaint: string): StageError | undefined {
    const found = complaints.find(([pattern]) => pattern.test(complaint));
    if (!found) return undefined;
    const [pattern, stage] = found;
    const line = complaint.split("\n").find((text) => pattern.test(text)) ?? complaint;
    return new StageError(stage, line.trim(), `${this.#options.sshcmd.join(" ")} ${this.label} true`);
  }

  unref(): void {
    for (const process of this.#processes) process.unref();
  }

  close(): void {
    for (const process of this.#processes.splice(0)) process.close();
  }
}

const flags = () => [
  "-T",
  "-x",
  ...["ClearAllForwardings=yes", "ConnectTimeout=15", "ServerAliveInterval=4", "ServerAliveCountMax=3"].flatMap(
    (option) => ["-o", option],
  ),
  // Without a terminal nobody could answer; at the prompt the line editor would get the answers.
  ...(programsMayAsk() ? [] : ["-o", "BatchMode=yes"]),
];

const complaints: [RegExp, StageError["stage"]][] = [
  [/could not resolve/i, "resolve"],
  [/IDENTIFICATION HAS CHANGED|Host key verification failed/i, "host key"],
  [/Permission denied \(|Too many authentication failures/i, "login"],
  [/Connection refused|timed out|No route to host|unreachable|Connection (closed|reset) by/i, "connect"],
  [/(exec:|sh:).*not found/i, "configuration"],
];
