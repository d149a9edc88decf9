/**
 * Writes @everywhere: the statement becomes the body of a function that runs on every process, and what it declares or assigns
 * becomes a global there. `@everywhere const y = x + 1` gives
 *
 *     $tjulia.everywhere(undefined, ["y"], () => { $tjulia.names("y"); ;(y = x + 1); })
 *
 * where `x` travels, and `y` is a name on every process from then on.
 */
import { type Expander, NAMESPACE, rangeOf, type Surroundings } from "./macros-expand.ts";
import { assignedNames, type ImportedName, patternNames, readImport } from "./macros-names.ts";
import type { Macro } from "./macros-parse.ts";
import { isName, isPunctuator, type Text, tokenAt } from "./macros-skim.ts";
import { readBlock, type Statement } from "./macros-statement.ts";

export function writeEverywhere(expander: Expander, macro: Macro, around: Surroundings): void {
  const { text, out } = expander;
  out.put(`${NAMESPACE}.everywhere(`);
  out.skipTo(tokenAt(text, macro.at).end);
  if (macro.where) {
    expander.writeFrom(macro.where, around);
    out.put(", ");
  } else out.put("undefined, ");

  const statements = statementsOf(text, macro);
  const names = everywhereNames(text, macro);
  const list = names.map((name) => JSON.stringify(name)).join(", ");
  const isAsync = statements.some((s) => s.kind === "import") || expander.awaits(rangeOf(macro.argument));
  const inner: Surroundings = { body: rangeOf(macro.argument)[0], isAsync };
  out.put(`[${list}], ${isAsync ? "async " : ""}() => { ${names.length > 0 ? `${NAMESPACE}.names(${list}); ` : ""}`);
  for (const name of hoisted(text, statements)) out.put(`globalThis.${name} = ${name}; `);
  for (const [k, statement] of statements.entries()) {
    const { start } = tokenAt(text, statement.start);
    if (k === 0) out.skipTo(start);
    else out.copyTo(start);
    writeGlobal(expander, statement, statements, inner);
    if (statement.next > statement.end) out.copyTo(tokenAt(text, statement.next - 1).end);
  }
  out.skipTo(tokenAt(text, macro.end - 1).end);
  out.put(" })");
}

/** The names that an @everywhere makes on every process. */
export function everywhereNames(text: Text, macro: Macro): string[] {
  return [...new Set(statementsOf(text, macro).flatMap((statement) => namesOf(text, statement)))];
}

function statementsOf(text: Text, macro: Macro): Statement[] {
  const { argument } = macro;
  if (argument.kind === "expression") {
    const [start, end] = argument.range;
    return [{ kind: "expression", start, end, next: end }];
  }
  const { statement } = argument;
  // The semicolon of a single statement stays behind the macro.
  return statement.kind === "block" ? readBlock(text, statement.open) : [{ ...statement, next: statement.end }];
}

/** The names that a statement makes on every process. */
function namesOf(text: Text, statement: Statement): string[] {
  switch (statement.kind) {
    case "variables":
      return statement.declarators.flatMap(({ pattern }) => patternNames(text, pattern[0]));
    case "function":
    case "class":
    case "enum":
    case "namespace":
      return [tokenAt(text, statement.name).text];
    case "import": {
      const { names, isType } = readImport(text, statement.start);
      return isType ? [] : names.map(({ local }) => local);
    }
    case "types":
      return [];
    default:
      return assignedNames(text, statement.start, statement.end);
  }
}

/**
 * Functions that stay declarations, because a statement before them names them or because they have overloads. All others are
 * written as assignments, so that a later definition reaches every function that calls them.
 */
function hoisted(text: Text, statements: readonly Statement[]): string[] {
  const names: string[] = [];
  for (const [k, statement] of statements.entries()) {
    if (statement.kind !== "function" || !statement.hasBody) continue;
    const name = tokenAt(text, statement.name).text;
    const from = statements[0]?.start as number;
    const before = text.tokens.slice(from, statement.start);
    const isNamed = before.some((token, i) => isName(token, name) && !isPunctuator(tokenAt(text, from + i - 1), "."));
    const isAgain = statements.some((s, j) => j !== k && s.kind === "function" && tokenAt(text, s.name).text === name);
    if ((isNamed || isAgain) && !names.includes(name)) names.push(name);
  }
  return names;
}

function writeGlobal(
  expander: Expander,
  statement: Statement,
  statements: readonly Statement[],
  around: Surroundings,
): void {
  const { text, out } = expander;
  const whole = (before = "", after = ""): void => {
    if (before) out.put(before);
    expander.write([statement.start, statement.end], around);
    if (after) out.put(after);
  };
  switch (statement.kind) {
    case "variables":
      writeVariables(expander, statement, around);
      break;
    case "function": {
      const name = tokenAt(text, statement.name).text;
      const isDeclaration = !statement.hasBody || hoisted(text, statements).includes(name);
      if (isDeclaration) whole();
      else whole(`;${name} = `, ";");
      break;
    }
    case "class": {
      const name = tokenAt(text, statement.name).text;
      const isPlain = isName(tokenAt(text, statement.start), "class"); // neither decorated nor abstract
      if (isPlain) whole(`;${name} = `, ";");
      else whole(";", `;globalThis.${name} = ${name};`);
      break;
    }
    case "enum": {
      const name = tokenAt(text, statement.name).text;
      whole("", `;globalThis.${name} = ${name};`);
      break;
    }
    case "namespace": {
      const name = tokenAt(text, statement.name).text;
      whole("", `;if (typeof ${name} !== "undefined") globalThis.${name} = ${name};`);
      break;
    }
    case "import":
      writeImport(expander, statement);
      break;
    default:
      whole();
  }
}

/** `const a: T = 1, {b} = o` becomes `;(a = 1, {b} = o)`. */
function writeVariables(expander: Expander, statement: Statement & { kind: "variables" }, around: Surroundings): void {
  const { text, out } = expander;
  out.put(";(");
  out.skipTo(tokenAt(text, statement.keyword).end);
  for (const [k, { pattern, annotation, value }] of statement.declarators.entries()) {
    if (k > 0) out.put(", ");
    expander.writeFrom(pattern, around);
    if (annotation) out.skipTo(tokenAt(text, annotation[1] - 1).end);
    out.put(" = ");
    if (value) expander.writeFrom(value, around);
    else out.put("undefined");
    out.skipTo(tokenAt(text, (value ?? annotation ?? pattern)[1] - 1).end);
  }
  out.put(");");
}

function writeImport(expander: Expander, statement: Statement): void {
  const { text, out } = expander;
  const { names, module, isType } = readImport(text, statement.start);
  if (module < 0) {
    out.put(";");
    out.skipTo(tokenAt(text, statement.start).end);
    expander.write([statement.start + 1, statement.end], { body: statement.start, isAsync: true });
    return;
  }
  if (!isType) out.put(`;(${importAssignment(names, importCall(text, module, statement.end))});`);
  out.skipTo(tokenAt(text, statement.end - 1).end);
}

/** `await import("m", …)` for the module named by the string at `module`; attributes follow it. */
export function importCall(text: Text, module: number, end: number): string {
  const words = text.tokens.slice(module + 1, end).map((token) => token.text);
  const attributes = words.length > 0 ? `, { with: ${words.slice(1).join(" ")} }` : "";
  return `await import(${tokenAt(text, module).text}${attributes})`;
}

/** What assigns (or, after `const`, declares) the names of an import: `{ a, b: c } = …`. */
export function importAssignment(names: readonly ImportedName[], call: string): string {
  const whole = names.find(({ imported }) => imported === "*")?.local;
  const parts = names
    .filter(({ imported }) => imported !== "*")
    .map(({ imported, local }) => (imported === local ? local : `${JSON.stringify(imported)}: ${local}`));
  const pattern = parts.length > 0 ? `{ ${parts.join(", ")} } = ` : "";
  if (whole === undefined) return `${pattern}${call}`;
  return pattern ? `${whole} = ${call}, ${pattern}${whole}` : `${whole} = ${call}`;
}
