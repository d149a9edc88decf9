/** `?name` and `?`: the help of the prompt. The texts are in help-*.ts; a test holds them equal to the public names. */
import { stripVTControlCharacters } from "node:util";
import { UsageError } from "../../errors.ts";
import { nearest } from "../nearest.ts";
import { arrayTexts } from "./help-arrays.ts";
import { callTexts } from "./help-calls.ts";
import type { HelpEntry, HelpTexts } from "./help-entry.ts";
import { parallelTexts } from "./help-parallel.ts";
import { processTexts } from "./help-processes.ts";
import { promptTexts } from "./help-prompt.ts";
import { highlight } from "./highlight.ts";
import { textWidth } from "./text-width.ts";

const texts: HelpTexts = { ...processTexts, ...callTexts, ...parallelTexts, ...arrayTexts, ...promptTexts };

const overview: readonly (readonly [title: string, names: string])[] = [
  ["Processes", "addprocs rmprocs procs workers nprocs nworkers myid interrupt status whos"],
  ["Calls", "remotecall remotecallFetch remotecallWait remoteDo spawnat spawn fetchfrom everywhere"],
  ["References", "RemoteRef fetch wait put take isready getindex Channel RemoteChannel Condition"],
  ["Tasks", "sync task timedwait withSignal"],
  ["Maps and loops", "pmap parallel range splitrange WorkerPool CachingPool remote exponentialBackoff"],
  ["Arrays", "rand randn zeros ones np"],
  ["Distributed", "darray dzeros dones drand drandn dfill distribute toArray setindex localpart localindexes"],
  ["Programs", "spmd barrier bcast scatter gather"],
  ["Shared", "sharedArray sdata"],
  ["Code", "include using"],
  ["Macros", "@everywhere @spawnat @spawn @fetch @fetchfrom @async @sync @parallel @time"],
];

export function helpTopics(): string[] {
  return Object.keys(texts);
}

export function helpEntry(name: string): HelpEntry | undefined {
  return Object.hasOwn(texts, name) ? texts[name] : undefined;
}

/** The text for a name, or the overview without one. Throws a UsageError for a name that is not known. */
export function helpText(name: string, columns: number, colours: boolean): string {
  if (name === "") return overviewText(columns, colours);
  const found = helpEntry(name) ?? helpEntry(`@${name}`);
  if (found) return entryText(found, Math.min(columns, 100), colours);
  const meant = nearest(name, helpTopics());
  throw new UsageError(`no help for ${name}; ${meant ? `did you mean ?${meant}` : "? lists what there is"}`);
}

function entryText({ signature, about, examples, trap }: HelpEntry, columns: number, colours: boolean): string {
  const code = (text: string) => (colours ? highlight(text) : text);
  const parts = [
    signature.split("   ").map(code).join("\n"),
    wrap(about, columns, ""),
    examples.map((example) => `    tjl> ${code(example)}`).join("\n"),
    wrap(`Trap: ${trap}`, columns, ""),
  ];
  return parts.join("\n\n");
}

function overviewText(columns: number, colours: boolean): string {
  const bold = (text: string) => (colours ? `\u001b[1m${text}\u001b[22m` : text);
  const row = (title: string, text: string) => bold(title.padEnd(16)) + wrap(text, columns - 16, " ".repeat(16));
  return [
    "?name explains a name, with two examples and a trap.",
    "",
    ...overview.map(([title, names]) => row(title, names)),
    "",
    row("Keys", "Tab completes, Ctrl-R searches the history, Ctrl-C stops, Ctrl-D leaves, Alt-Enter begins a line"),
    row("Lines", ";command runs in the shell, .help lists commands, a trailing ; shows no result"),
    row("Results", "ans is the last one, err the last error"),
  ].join("\n");
}

/** Breaks a text at blanks; lines after the first begin with `indent`. */
function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || textWidth(stripVTControlCharacters(`${last} ${word}`)) > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join(`\n${indent}`);
}
