/** Commands that begin with a dot: `.workers`, `.load`, `.save`, `.editor` and their like. */
import { readFileSync, writeFileSync } from "node:fs";
import { UsageError } from "../../errors.ts";
import { nearest } from "../nearest.ts";
import type { ClusterView } from "./cluster-view.ts";
import { statusTable } from "./status.ts";

export interface CommandContext {
  cluster: ClusterView;
  columns: number;
  print(text: string): void;
  leave(status: number): void;
  editText(hint: string): Promise<string | undefined>;
  /** What was entered so far. */
  entries(): readonly string[];
  runCode(text: string): Promise<void>;
  interruptible<R>(work: (signal: AbortSignal) => Promise<R>): Promise<R>;
}

interface Command {
  about: string;
  run(argument: string, context: CommandContext): Promise<void> | void;
}

const commands: Record<string, Command> = {
  workers: {
    about: "a table of the processes: state, memory, CPU, what runs",
    run: async (_, { cluster, columns, print }) => print(statusTable(await cluster.status(), columns)),
  },
  load: {
    about: ".load file runs a file as an entry",
    run: (file, { runCode }) => runCode(readFileSync(needFile(file, "load"), "utf8").trimEnd()),
  },
  save: {
    about: ".save file writes what was entered into a file",
    run: (file, { entries, print }) => {
      const kept = entries();
      writeFileSync(needFile(file, "save"), kept.map((entry) => `${entry}\n`).join(""));
      print(`${kept.length} entries written to ${file}`);
    },
  },
  editor: {
    about: "an entry of several lines: Ctrl-D runs it, Ctrl-C gives it up",
    run: async (_, { editText, runCode }) => {
      const text = await editText("several lines: Ctrl-D runs them, Ctrl-C gives them up");
      if (text !== undefined) await runCode(text);
    },
  },
  help: {
    about: "these commands; ? is help for everything else",
    run: (_, { print }) => {
      print(commandNames.map((name) => `${name.padEnd(9)} ${commands[name.slice(1)]?.about}`).join("\n"));
    },
  },
  exit: { about: "leaves, as Ctrl-D does", run: (_, { leave }) => leave(0) },
};

export const commandNames: string[] = Object.keys(commands).map((name) => `.${name}`);

export async function runCommand(text: string, context: CommandContext): Promise<void> {
  const [, name = "", argument = ""] = /^\.(\w+)\s*(.*?)\s*$/s.exec(text) ?? [];
  const command = commands[name];
  if (!command) {
    const meant = nearest(`.${name}`, commandNames);
    throw new UsageError(`there is no command .${name}; ${meant ? `did you mean ${meant}?` : ".help lists them"}`);
  }
  await command.run(argument, context);
}

function needFile(file: string, command: string): string {
  if (file === "") throw new UsageError(`.${command} needs a file: .${command} session.ts`);
  return file;
}
