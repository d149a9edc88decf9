/** The programs that came from no file (-e, standard input): their texts, and where places in what ran came from. */
import { positionAt } from "./repl/macros-error.ts";
import type { Derived } from "./repl/macros-output.ts";

interface Program {
  /** What the user wrote. */
  source: string;
  /** What it became, line by line. */
  derived: Derived;
}

const programs = new Map<string, Program>();

/** Remembers a program under the name that stacks show: "[eval]" or "[stdin]". */
export function addProgram(name: string, source: string, derived: Derived): void {
  programs.set(name, { source, derived });
}

/** A program that grows: the prompt. */
export interface GrowingProgram {
  text(): string;
  /** Leads its places in a stack back to what was typed. */
  mapStack(stack: string): string;
}

const growing = new Map<string, GrowingProgram>();

export function addGrowingProgram(name: string, program: GrowingProgram): void {
  growing.set(name, program);
}

export function programText(name: string): string | undefined {
  return programs.get(name)?.source ?? growing.get(name)?.text();
}

/** Leads the places of programs in a stack back to what the user wrote: macros have moved the columns. */
export function originalPlaces(stack: string): string {
  for (const program of growing.values()) stack = program.mapStack(stack);
  if (programs.size === 0) return stack;
  return stack.replace(/(\[(?:eval|stdin)\]):(\d+):(\d+)/g, (place, name: string, line: string, column: string) => {
    const program = programs.get(name);
    if (!program) return place;
    const origin = program.derived.origin(offsetAt(program.derived.code, Number(line), Number(column)));
    const position = positionAt(program.source, origin);
    return `${name}:${position.line}:${position.column}`;
  });
}

/** The offset of a line and a column, both counted from 1. */
export function offsetAt(text: string, line: number, column: number): number {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf("\n", start);
    if (end < 0) break;
    start = end + 1;
  }
  return start + column - 1;
}
