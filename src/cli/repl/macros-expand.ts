/**
 * Writes macros as calls. `@spawnat 2 f(x)` becomes `$tjulia.spawnat(2, () => (f(x)))`: every macro makes a function of its
 * argument and hands it to a function of the hidden namespace `$tjulia`, which every process has.
 */
import { MacroError } from "./macros-error.ts";
import { writeEverywhere } from "./macros-everywhere.ts";
import type { Loop } from "./macros-loop.ts";
import { skipInner } from "./macros-names.ts";
import type { Output } from "./macros-output.ts";
import { type Argument, type Macro, type Range, readMacro } from "./macros-parse.ts";
import type { Place } from "./macros-places.ts";
import { isName, isPunctuator, type Text, tokenAt } from "./macros-skim.ts";
import { readBlock, readStatement, type Statement } from "./macros-statement.ts";

/** The global that expanded macros call; see macro-namespace.ts. */
export const NAMESPACE = "$tjulia";

/** The function whose body is being written: where it began, and whether it can wait. */
export interface Surroundings {
  /** Index of the body's first token, -1 for the program itself. */
  body: number;
  isAsync: boolean;
}

export class Expander {
  readonly text: Text;
  readonly out: Output;
  readonly #places: ReadonlyMap<number, Place>;
  readonly #macros = new Map<number, Macro>();
  /** `continue` in the body of @parallel ends that turn: it is written as `return`. */
  readonly #continues = new Set<number>();

  constructor(text: Text, out: Output, places: ReadonlyMap<number, Place>) {
    this.text = text;
    this.out = out;
    this.#places = places;
  }

  /** The macro at token `i`. */
  macro(i: number): Macro {
    let macro = this.#macros.get(i);
    if (!macro) {
      macro = readMacro(this.text, i, this.#places.get(i) as Place);
      this.#macros.set(i, macro);
    }
    return macro;
  }

  /** Writes the tokens from `from` to `to`, macros as calls. */
  write([from, to]: Range, around: Surroundings): void {
    for (let i = from; i < to; ) {
      const token = tokenAt(this.text, i);
      if (token.kind === "at" && this.text.macros.isMacro(i)) {
        this.out.copyTo(token.start);
        i = this.writeMacro(this.macro(i), around);
        continue;
      }
      if (this.#continues.has(i)) {
        this.out.copyTo(token.start);
        this.out.put("return");
        this.out.skipTo(token.end);
      }
      i++;
    }
    if (to > from) this.out.copyTo(tokenAt(this.text, to - 1).end);
  }

  /** Writes one macro and gives the index after it. */
  writeMacro(macro: Macro, around: Surroundings): number {
    if (this.isAwaited(macro, around)) this.out.put("await ");
    const { out } = this;
    switch (macro.name) {
      case "everywhere":
        writeEverywhere(this, macro, around);
        break;
      case "parallel":
        this.#writeParallel(macro, around);
        break;
      case "fetch":
        this.#begin("fetch", macro);
        out.put(`${NAMESPACE}.spawn(`);
        this.writeFunction(macro.argument);
        out.put("))");
        break;
      default:
        this.#begin(macro.name === "async" ? "task" : macro.name, macro);
        if (macro.where) {
          this.writeFrom(macro.where, around);
          out.put(", ");
        }
        this.writeFunction(macro.argument);
        out.put(")");
    }
    return macro.end;
  }

  /** Writes a range after leaving out what stands before it. */
  writeFrom(range: Range, around: Surroundings): void {
    this.out.skipTo(tokenAt(this.text, range[0]).start);
    this.write(range, around);
  }

  /**
   * A macro that is a statement of its own, or all that a variable is given, is waited for where its function can wait and Julia's
   * would block.
   */
  isAwaited(macro: Macro, around: Surroundings): boolean {
    const { boundary, isGiven } = this.#places.get(macro.at) as Place;
    return (macro.isStatement || isGiven) && around.isAsync && boundary <= around.body && blocks(macro);
  }

  /** Writes an argument as a function whose value is that of the argument. */
  writeFunction(argument: Argument, parameters = "", wantsValue = true): void {
    const { out, text } = this;
    const range = rangeOf(argument);
    const around: Surroundings = { body: range[0], isAsync: this.awaits(range) };
    out.put(`${around.isAsync ? "async " : ""}(${parameters}) => `);
    out.skipTo(tokenAt(text, range[0]).start);
    if (argument.kind === "expression") {
      out.put("(");
      this.write(range, around);
      out.put(")");
    } else if (argument.statement.kind === "block") {
      if (wantsValue) this.writeValue(argument.statement, around);
      else this.write(range, around);
    } else {
      out.put("{ ");
      if (wantsValue) this.writeValue(argument.statement, around);
      else this.write(range, around);
      out.put(" }");
    }
  }

  /** Writes a statement so that its value, that of its last expression, is returned, or goes wherever `open` puts it. */
  writeValue(statement: Statement, around: Surroundings, open = "return ("): void {
    let at = statement.start;
    const parts = valueParts(this.text, statement);
    if (statement.kind === "expression") {
      this.out.copyTo(tokenAt(this.text, at).start);
      this.out.put(open);
    }
    for (const part of parts) {
      this.write([at, part.start], around);
      this.writeValue(part, around, open);
      at = part.end;
    }
    this.write([at, statement.end], around);
    if (statement.kind === "expression") this.out.put(")");
  }

  /** Whether the tokens wait by themselves, outside of the functions among them. */
  awaits([from, to]: Range): boolean {
    const { text } = this;
    for (let i = from; i < to; ) {
      const token = tokenAt(text, i);
      if (isName(token, "await") && !isPunctuator(tokenAt(text, i - 1), ".", "?.")) return true;
      if (token.kind === "at" && text.macros.isMacro(i)) {
        const macro = this.macro(i);
        if (this.isAwaited(macro, { body: from, isAsync: true })) return true;
        if (evaluatedInPlace(macro).some((range) => this.awaits(range))) return true;
        i = macro.end;
      } else i = Math.max(skipInner(text, i), i + 1);
    }
    return false;
  }

  #begin(name: string, macro: Macro): void {
    this.out.put(`${NAMESPACE}.${name}(`);
    this.out.skipTo(tokenAt(this.text, macro.at).end);
  }

  #writeParallel(macro: Macro, around: Surroundings): void {
    const { out, text } = this;
    const { reducer } = macro;
    const loop = macro.loop as Loop;
    this.#noteJumps(macro);
    this.#begin("parallel", macro);
    if (reducer && "operator" in reducer) {
      out.put(`${JSON.stringify(reducer.operator)}, `);
      out.skipTo(tokenAt(text, reducer.range[1] - 1).end);
    } else if (reducer) {
      this.writeFrom(reducer.range, around);
      out.put(", ");
    }
    let parameter: string;
    if (loop.kind === "of") {
      parameter = oneLine(text, loop.pattern);
      this.writeFrom(loop.over, around);
    } else {
      parameter = tokenAt(text, loop.name).text;
      this.#writeCounting(loop, around);
    }
    out.put(", ");
    this.writeFunction(macro.argument, parameter, reducer !== undefined);
    out.put(")");
  }

  #writeCounting(loop: Loop & { kind: "counting" }, around: Surroundings): void {
    const { out } = this;
    const isRange = loop.operator === "<" && loop.step === undefined;
    out.put(`${NAMESPACE}.${isRange ? "range" : "counting"}(`);
    this.writeFrom(loop.from, around);
    out.put(isRange ? ", " : `, ${JSON.stringify(loop.operator)}, `);
    this.writeFrom(loop.to, around);
    if (loop.step) {
      out.put(loop.sign < 0 ? ", -(" : ", (");
      this.writeFrom(loop.step, around);
      out.put(")");
    } else if (!isRange) out.put(`, ${loop.sign}`);
    out.put(")");
  }

  /** Finds the `continue` of the loop itself, and refuses what a loop in pieces cannot do. */
  #noteJumps(macro: Macro): void {
    if (macro.argument.kind !== "statement") return;
    const { text } = this;
    const visit = (from: number, to: number, inSwitch: boolean): void => {
      for (let i = from; i < to; ) {
        const token = tokenAt(text, i);
        // The words of a macro are read as its own before any of them is taken for a statement.
        if (token.kind === "at" && text.macros.isMacro(i)) {
          const inner = this.macro(i);
          i = inner.name === "parallel" ? inner.end : i + 1;
          continue;
        }
        const isWord = token.kind === "name" && !isPunctuator(tokenAt(text, i - 1), ".", "?.");
        if (isWord && isName(token, "for", "while", "do") && !isPunctuator(tokenAt(text, i + 1), ":")) {
          i = Math.max(readStatement(text, i).end, i + 1);
          continue;
        }
        if (isWord && isName(token, "switch") && isPunctuator(tokenAt(text, i + 1), "(")) {
          const { end } = readStatement(text, i);
          visit(i + 1, end, true);
          i = end;
          continue;
        }
        if (isWord && token.text === "continue") this.#noteContinue(macro, i);
        if (isWord && token.text === "break" && !inSwitch) {
          fail(text, i, "break cannot leave a loop whose turns run on several processes");
        }
        i = Math.max(skipInner(text, i), i + 1);
      }
    };
    visit(...(rangeOf(macro.argument) as [number, number]), false);
  }

  #noteContinue(macro: Macro, i: number): void {
    if (macro.reducer)
      fail(this.text, i, "continue leaves this turn without a value to reduce; give one in every branch");
    this.#continues.add(i);
  }
}

export function rangeOf(argument: Argument): Range {
  return argument.kind === "expression" ? argument.range : [argument.statement.start, argument.statement.end];
}

/** The statements inside a statement whose values are its value. */
function valueParts(text: Text, statement: Statement): Statement[] {
  switch (statement.kind) {
    case "block": {
      const last = readBlock(text, statement.open).findLast(({ kind }) => kind !== "empty" && kind !== "types");
      return last ? [last] : [];
    }
    case "if":
      return statement.branches;
    case "try":
      return statement.blocks;
    default:
      return [];
  }
}

/** The macros that Julia's user waits for: what they give is a promise. */
function blocks(macro: Macro): boolean {
  if (macro.name === "parallel") return macro.reducer !== undefined;
  return /^(?:everywhere|sync|fetch|fetchfrom|time)$/.test(macro.name);
}

/** The parts of a macro that are not put into a function of their own. */
function evaluatedInPlace(macro: Macro): Range[] {
  const ranges: Range[] = [];
  if (macro.where) ranges.push(macro.where);
  if (macro.reducer && !("operator" in macro.reducer)) ranges.push(macro.reducer.range);
  const { loop } = macro;
  if (loop?.kind === "of") ranges.push(loop.over);
  else if (loop) ranges.push(loop.from, loop.to, ...(loop.step ? [loop.step] : []));
  return ranges;
}

/** The tokens on one line, without comments. */
function oneLine(text: Text, [from, to]: Range): string {
  const words = [];
  for (let i = from; i < to; i++) words.push(tokenAt(text, i).text);
  return words.join(" ");
}

function fail(text: Text, i: number, message: string): never {
  throw new MacroError(message, text.source, tokenAt(text, i).start);
}
