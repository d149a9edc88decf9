/** Runs programs that are in no file: the code of -e and -E, and standard input. */
import { Script } from "node:vm";
import { mayHaveTypeArguments } from "../runtime/closures/type-arguments.ts";
import { endWith, untilSettled } from "./endings.ts";
import { addProgram } from "./program-places.ts";
import { type ProgramSource, prepareProgram } from "./program-source.ts";
import type { Derived } from "./repl/macros-output.ts";

export interface Program {
  text: string;
  /** What stacks call it: "[eval]" or "[stdin]". */
  name: string;
  /** Print the value, as console.log does. */
  print: boolean;
}

export interface ProgramSettings {
  /** Whether the program may run without the library and the module loader, when it makes no use of them. */
  mayBePlain: boolean;
  libraryNames: readonly string[];
  /** Called before a program that is no plain one runs. */
  prepareModules(): Promise<void>;
}

/** Runs the program to the end of its top level; ends the process when it throws. */
export async function runProgram(program: Program, settings: ProgramSettings): Promise<void> {
  const value = await untilSettled(program.name, evaluate(program, settings)).catch((error) => endWith(error));
  if (program.print) console.log(value);
}

async function evaluate(program: Program, settings: ProgramSettings): Promise<unknown> {
  const { text, name } = program;
  let source: Derived = { code: text, origin: (offset) => offset };
  try {
    const prepared = prepareProgram(text, {
      wantsValue: program.print,
      mayBePlain: settings.mayBePlain,
      libraryNames: new Set(settings.libraryNames),
      isGlobal: (global) => global in globalThis,
    });
    source = prepared;
    addProgram(name, text, prepared);
    if (prepared.kind === "plain") {
      const main = await compile(prepared, name, text);
      return await main();
    }
    await settings.prepareModules();
    const { runText } = await import("./driver.ts");
    return (await runText(prepared.code, name)).$value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { syntaxErrorIn } = await import("./program-types.ts");
    throw syntaxErrorIn(error, name, text, source) ?? error;
  }
}

type Main = () => Promise<unknown>;

/** Compiles the body of an async function. Text that is no JavaScript is taken for TypeScript. */
async function compile(source: ProgramSource, name: string, text: string): Promise<Main> {
  if (!mayHaveTypeArguments(text)) {
    try {
      return new Script(source.code, { filename: name }).runInThisContext() as Main;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  const { compileProgram } = await import("./program-types.ts");
  const code = compileProgram(source, name, text);
  return new Script(code, { filename: name }).runInThisContext() as Main;
}
