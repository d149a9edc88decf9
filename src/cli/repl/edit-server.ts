/**
 * node:repl as an editor of lines and nothing else: its keys for words, the kill ring and undo, on our text and without its
 * drawing, evaluation and history.
 */
import { Interface } from "node:readline";
import { type REPLServer, start } from "node:repl";
import { Writable } from "node:stream";
import type { ReadStream } from "node:tty";

export interface Key {
  name?: string;
  sequence?: string;
  ctrl?: boolean;
  meta?: boolean;
  shift?: boolean;
}

/** The parts of REPLServer that its documentation leaves out and that are the same from Node 20 to 26. */
export interface Server extends REPLServer {
  line: string;
  cursor: number;
  _ttyWrite(text: string | undefined, key?: Key): void;
  _refreshLine(): void;
  _insertString(text: string): void;
  _moveCursor(by: number): void;
  _deleteLineLeft(): void;
  _deleteLineRight(): void;
  _setRawMode(mode: boolean): boolean;
}

/** Up or down, by arrow or by Ctrl-P and Ctrl-N. */
export function isVertical(key: Key): boolean {
  return key.name === "up" || key.name === "down" || Boolean(key.ctrl && (key.name === "p" || key.name === "n"));
}

const ownKeys = (Interface.prototype as Server)._ttyWrite;

/** readline's own handling of a key, without what node:repl lays over it. */
export function editLine(server: Server, text: string | undefined, key: Key): void {
  ownKeys.call(server, text, key);
}

/** A REPLServer that only edits: it evaluates nothing, shows nothing, and hears no line. */
export function startServer(): Server {
  const server = start({
    prompt: "",
    input: process.stdin as ReadStream,
    // What readline itself would draw goes nowhere; screen.ts draws.
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    terminal: true,
    useGlobal: true,
    preview: false,
    eval: (_code, _context, _file, callback) => callback(null, undefined),
    ...withoutDomain(),
  });
  server.removeAllListeners("line");
  server.removeAllListeners("SIGINT");
  server.removeAllListeners("SIGCONT");
  for (const name of ["_", "_error"]) Reflect.deleteProperty(globalThis, name);
  return server as Server;
}

/**
 * Up to Node 24 a REPLServer makes a domain, which switches async_hooks on for the whole process and slows every promise.
 * Node 26 has no domains in its REPL and refuses the option.
 */
function withoutDomain(): object {
  if (Number.parseInt(process.versions.node, 10) >= 25) return {};
  return { domain: { on() {}, bind: (fn: unknown) => fn, emit() {}, exit() {} } };
}
