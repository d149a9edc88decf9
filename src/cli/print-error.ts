/**
 * The one place where the command line renders errors for people: what happened, the user's own frames, the line itself with a
 * caret, own fields and causes. Loaded when there is an error to show.
 */
import { readFileSync } from "node:fs";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { Chalk } from "chalk";
import { InterruptError, LaunchError, RemoteError, stackFrames, TjuliaError } from "../errors.ts";
import { userStack } from "../runtime/closures/stacks.ts";
import { codeFrame } from "./code-frame.ts";
import { originalPlaces, programText } from "./program-places.ts";

export interface RenderOptions {
  colours: boolean;
  /** Paths inside this folder are shown relative to it. Default: the working directory. */
  cwd?: string;
}

interface Style extends Required<RenderOptions> {
  chalk: InstanceType<typeof Chalk>;
}

/** The text for a thrown value, without a line end. */
export function renderError(error: unknown, options: RenderOptions): string {
  const style: Style = { cwd: process.cwd(), ...options, chalk: new Chalk({ level: options.colours ? 1 : 0 }) };
  return render(error, style, new Set());
}

function render(error: unknown, style: Style, seen: Set<unknown>): string {
  if (!(error instanceof Error)) return `${style.chalk.red("Uncaught")} ${inspect(error, { colors: style.colours })}`;
  if (seen.has(error)) return style.chalk.dim(`${headOf(error)} (shown above)`);
  seen.add(error);
  const thrown = thrownBehind(error);
  seen.add(thrown);
  if (error instanceof LaunchError) return renderLaunch(error, style);
  const frames = framesOf(error, style.cwd);
  const parts = [style.chalk.red(headOf(error))];
  if (frames.length > 0) parts.push(style.chalk.dim(frames.join("\n")));
  const line = lineOf(error, frames, style.cwd);
  // Errors that come together mostly arose in one line; it is shown with the first of them.
  if (line && !seen.has(line) && !(error instanceof AggregateError && error.errors.length > 0)) {
    seen.add(line);
    parts.push("", line, "");
  }
  const fields = ownFields(thrown, style);
  if (fields) parts.push(fields);
  if (thrown instanceof AggregateError) parts.push(...renderMembers(thrown, style, seen));
  const { cause } = thrown;
  if (cause !== undefined && cause !== null && !isSaid(thrown)) parts.push(`caused by: ${render(cause, style, seen)}`);
  return parts.join("\n").trimEnd();
}

/** "TypeError: row is undefined"; of a class without a name of its own, the class's. */
function headOf(error: Error): string {
  const className: string | undefined = error.constructor?.name;
  const name = error.name === "Error" && className ? className : error.name;
  const message = error instanceof SyntaxError ? error.message.split("\n\n", 1)[0] : error.message;
  return message ? `${name}: ${message}` : name;
}

/** What the user's function threw, through however many processes it came: a RemoteError has its head and its frames already. */
function thrownBehind(error: Error): Error {
  return error instanceof RemoteError && error.cause instanceof Error ? thrownBehind(error.cause) : error;
}

/** Whether the text of the error says all there is to say of its cause. */
function isSaid(error: Error): boolean {
  return error instanceof TjuliaError && !(error instanceof InterruptError) && !(error.cause instanceof Error);
}

/** The lines "    at …" of the user's own code, in files relative to `cwd`. */
function framesOf(error: Error, cwd: string): string[] {
  if (typeof error.stack !== "string" || isNotParsed(error)) return [];
  const frames = stackFrames(originalPlaces(userStack(error.stack))).split("\n");
  return frames
    .filter((frame) => /^\s+at /.test(frame) && (process.env.TJL_FULL_STACKS === "1" || !INTERNAL.test(frame)))
    .map((frame) => shortPath(frame, cwd));
}

/** Frames that say nothing to a user: Node's own, and places in a list of promises. */
const INTERNAL = /\(?node:|^\s+at async Promise\.\w+ \(index \d+\)$/;

/** A file that does not parse: its error has the place in its text, its frames are those of the compiler. */
function isNotParsed(error: Error): boolean {
  return error instanceof SyntaxError && "line" in error && "column" in error;
}

function shortPath(frame: string, cwd: string): string {
  const path = frame.replace(/file:\/\/[^\s)]+?(?=:\d+:\d+)/g, (url) => {
    try {
      return fileURLToPath(url);
    } catch {
      return url;
    }
  });
  return path.replace(cwd.endsWith(sep) ? cwd : `${cwd}${sep}`, "");
}

/** The line in which the error arose, where its text is at hand. */
function lineOf(error: Error, frames: readonly string[], cwd: string): string | undefined {
  if (error instanceof SyntaxError) {
    const [, ...shown] = error.message.split("\n\n");
    if (shown.length > 0) return shown.join("\n\n");
  }
  const placed = frames.find((frame) => /:\d+:\d+\)?$/.test(frame));
  const [, file, line, column] = /(?:\(|at (?:async )?)([^()\s][^()]*?):(\d+):(\d+)\)?$/.exec(placed ?? "") ?? [];
  if (file === undefined) return undefined;
  const text = programText(file) ?? readText(file, cwd);
  const isThere = text !== undefined && text.split("\n").length >= Number(line);
  return isThere ? codeFrame(text, Number(line), Number(column)) : undefined;
}

function readText(file: string, cwd: string): string | undefined {
  try {
    return readFileSync(file.startsWith(sep) ? file : `${cwd}${sep}${file}`, "utf8");
  } catch {
    return undefined;
  }
}

const ORDINARY = new Set(["name", "message", "stack", "cause", "errors"]);
/** Fields that repeat what the text of our own errors says. */
const SAID = new Set([
  "code",
  "pid",
  "host",
  "remoteStack",
  "element",
  "maybeRan",
  "path",
  "lastLines",
  "exitCode",
  "signal",
]);

function ownFieldsOf(error: Error): Record<string, unknown> {
  const isOurs = error instanceof TjuliaError;
  const entries = Object.entries(error).filter(([name]) => !ORDINARY.has(name) && !(isOurs && SAID.has(name)));
  return Object.fromEntries(isNotParsed(error) ? [] : entries);
}

function ownFields(error: Error, style: Style): string | undefined {
  const fields = ownFieldsOf(error);
  if (Object.keys(fields).length === 0) return undefined;
  return inspect(fields, { colors: style.colours, compact: true, breakLength: 100, depth: 3 }).replace(/^/gm, "  ");
}

/** Each member once; those that say the same are counted. */
function renderMembers(error: AggregateError, style: Style, seen: Set<unknown>): string[] {
  const kinds = new Map<string, { first: unknown; more: number }>();
  for (const member of error.errors) {
    const kind =
      member instanceof Error
        ? headOf(member).replace(/on (?:worker|process) \d+(?:, element \d+)?/g, "")
        : inspect(member);
    const known = kinds.get(kind);
    if (known) known.more++;
    else kinds.set(kind, { first: member, more: 0 });
  }
  return [...kinds.values()].flatMap(({ first, more }) => [
    indented(render(first, style, seen)),
    ...(more > 0 ? [`  ${more} more failed in the same way`] : []),
  ]);
}

function renderLaunch(error: LaunchError, style: Style): string {
  const { failures, started } = error;
  const total = failures.length + started.length;
  const hostWidth = Math.max(...failures.map(({ host }) => host.length), 0);
  const stageWidth = Math.max(...failures.map(({ stage }) => stage.length), 0);
  const lines = failures.map(({ host, stage, reason, hint }) => {
    const start = `  ${host.padEnd(hostWidth)}  ${stage.padEnd(stageWidth)}  `;
    const indent = " ".repeat(start.length);
    const text = start + reason.split("\n").join(`\n${indent}`);
    return hint ? `${text}\n${indent}try: ${hint}` : text;
  });
  const head = `could not start ${failures.length} of ${total} worker${total === 1 ? "" : "s"}  [${error.code}]`;
  const ready = started.length === 0 ? [] : ["", `  ${started.length} ready: ${started.join(", ")}`];
  return [style.chalk.red(head), "", ...lines, ...ready].join("\n");
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
