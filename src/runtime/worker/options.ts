/**
 * The few words a worker's command line has: `--worker[=cookie] [--bind-to <addr[:port]>] [--cookie-file <file>]`, and
 * `--call-back <addr:port,…>` from managers.
 */
/** Where a worker listens that is not told where. */
export const NOWHERE_ELSE = "127.0.0.1";

export interface WorkerOptions {
  readonly cookie: string | undefined;
  readonly cookieFile: string | undefined;
  /** An address, with or without port, or a folder for a Unix-domain socket. */
  readonly bindTo: string;
  /** Addresses of a master that waits to be called, apart by commas. */
  readonly callBack: string | undefined;
}

export function workerOptions(argv: readonly string[]): WorkerOptions {
  const value = (name: string): string | undefined => {
    const at = argv.findIndex((word) => word === name || word.startsWith(`${name}=`));
    const word = argv[at];
    if (word === undefined) return undefined;
    return word.includes("=") ? word.slice(word.indexOf("=") + 1) : argv[at + 1];
  };
  const worker = argv.find((word) => word.startsWith("--worker="));
  return {
    cookie: worker?.slice("--worker=".length),
    cookieFile: value("--cookie-file"),
    bindTo: value("--bind-to") ?? NOWHERE_ELSE,
    callBack: value("--call-back"),
  };
}
