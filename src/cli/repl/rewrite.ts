/** Turns the program of an entry into a script whose declarations are variables of the session. Pure; called by entry.ts. */
import type {
  ClassDeclaration,
  ExportDefaultDeclaration,
  Expression,
  FunctionDeclaration,
  ImportDeclaration,
  ModuleDeclaration,
  Program,
  Statement,
  VariableDeclaration,
} from "acorn";
import type { ImportedName } from "./entry.ts";
import { Patchwork } from "./patchwork.ts";
import { boundNames, isFunction, type Node, walk } from "./syntax-tree.ts";

/** The global function behind `import` statements of the prompt; evaluate.ts defines it. */
export const IMPORT_KEY = "tjulia.prompt.import";
/** The global function that hears of each entry that makes functions, by one of its functions. */
export const ENTRY_KEY = "tjulia.prompt.entry";
const TELL_ENTRY = `globalThis[Symbol.for(${JSON.stringify(ENTRY_KEY)})]?.(()=>{});`;
/** The global object that stands for `import.meta`. */
export const META_KEY = "tjulia.prompt.meta";
const IMPORT_CALL = `globalThis[Symbol.for(${JSON.stringify(IMPORT_KEY)})]`;

export interface RewrittenEntry {
  code: string;
  origin(offset: number): number;
  declares: string[];
  consts: string[];
  imports: ImportedName[];
  isAsync: boolean;
  hasValue: boolean;
  /** Whether that value is what a `var` was given; the compiler writes enums so. */
  endsWithVar: boolean;
}

export function rewriteEntry(source: string, program: Program): RewrittenEntry {
  const patch = new Patchwork(source);
  const declares: string[] = [];
  const consts: string[] = [];
  const imports: ImportedName[] = [];
  const isAsync = awaitsAtTopLevel(program);
  let lastValue: { start: number; end: number } | undefined;
  const last = program.body.at(-1);
  const endsWithVar = last?.type === "VariableDeclaration" && last.kind === "var";

  for (const statement of program.body) {
    lastValue = undefined;
    rewriteStatement(statement);
  }
  rewriteNestedVars();
  rewriteImportMeta();

  const head = `"use strict";${/=>|\bfunction\b|\bclass\b|\)\s*\{/.test(source) ? TELL_ENTRY : ""}`;
  if (!isAsync) {
    const script = patch.render(head);
    return { ...script, declares, consts, imports, isAsync, hasValue: lastValue !== undefined, endsWithVar };
  }
  if (lastValue) {
    // Inserted after the edits of the statement itself, so that `return (` comes before what they put in.
    const { start, end } = lastValue as { start: number; end: number };
    patch.insert(start, ";return (");
    patch.insert(end, ")");
  }
  const script = patch.render(head, "(async () => {", /\/\/[^\n]*$/.test(source) ? "\n})()" : "})()");
  return { ...script, declares, consts, imports, isAsync, hasValue: lastValue !== undefined, endsWithVar };

  function rewriteStatement(statement: Statement | ModuleDeclaration): void {
    if (statement.type === "VariableDeclaration") rewriteVariables(statement);
    else if (statement.type === "ClassDeclaration") rewriteClass(statement);
    else if (statement.type === "FunctionDeclaration") rewriteFunction(statement);
    else if (statement.type === "ImportDeclaration") rewriteImport(statement);
    else if (statement.type === "ExportDefaultDeclaration") rewriteDefaultExport(statement);
    else if (statement.type === "ExportNamedDeclaration" && statement.declaration) {
      patch.replace(statement.start, statement.declaration.start, "");
      rewriteStatement(statement.declaration);
    } else if (statement.type === "ExportNamedDeclaration" || statement.type === "ExportAllDeclaration") {
      const from = statement.source ? `await ${IMPORT_CALL}(${statement.source.raw}, [])` : "";
      patch.replace(statement.start, statement.end, `;${from};`);
    } else if (statement.type === "ExpressionStatement") {
      lastValue = { start: statement.start, end: withoutSemicolon(statement) };
    }
  }

  function withoutSemicolon(statement: Node): number {
    return source[statement.end - 1] === ";" ? statement.end - 1 : statement.end;
  }

  /** `const a = 1, {b} = o` becomes `;(a = 1, {b} = o)`. */
  function rewriteVariables(declaration: VariableDeclaration): void {
    const { declarations, kind } = declaration;
    const first = declarations[0];
    const last = declarations.at(-1);
    if (!first || !last) return;
    const names = declarations.flatMap((d) => boundNames(d.id));
    declares.push(...names);
    if (kind === "const") consts.push(...names);
    const end = withoutSemicolon(declaration);
    lastValue = last.init ? { start: declaration.start, end } : undefined;
    patch.replace(declaration.start, first.start, isAsync && lastValue ? "(" : ";(");
    for (const declarator of declarations) {
      if (!declarator.init && kind !== "var") patch.insert(declarator.id.end, " = undefined");
    }
    // What ends the entry may become `return (…)`, which a semicolon would cut.
    const isLast = declaration.end === program.body.at(-1)?.end;
    patch.replace(end, declaration.end, isLast ? ")" : ");");
  }

  function rewriteClass(declaration: ClassDeclaration): void {
    declares.push(declaration.id.name);
    patch.insert(declaration.start, `;${declaration.id.name} = `);
    patch.insert(declaration.end, ";");
  }

  /** A function declaration of a script is a property of the global object already; it only must not hide in the async function. */
  function rewriteFunction(declaration: FunctionDeclaration): void {
    declares.push(declaration.id.name);
    if (isAsync) patch.moveToFront(declaration.start, declaration.end);
  }

  function rewriteImport(declaration: ImportDeclaration): void {
    const specifier = String(declaration.source.value);
    const parts: string[] = [];
    let namespace = "";
    for (const item of declaration.specifiers) {
      const local = item.local.name;
      const imported =
        item.type === "ImportDefaultSpecifier"
          ? "default"
          : item.type === "ImportNamespaceSpecifier"
            ? "*"
            : item.imported.type === "Identifier"
              ? item.imported.name
              : String(item.imported.value);
      imports.push({ local, specifier, imported });
      declares.push(local);
      if (imported === "*") namespace = `${local} = `;
      else parts.push(`${JSON.stringify(imported)}: ${local}`);
    }
    const wanted = imports.filter((i) => i.specifier === specifier && i.imported !== "*").map((i) => i.imported);
    const attributes = (declaration.attributes ?? [])
      .map((a) => `${a.key.type === "Identifier" ? a.key.name : a.key.raw}: ${a.value.raw}`)
      .join(", ");
    const call = `await ${IMPORT_CALL}(${declaration.source.raw}, ${JSON.stringify(wanted)}${attributes ? `, {${attributes}}` : ""})`;
    const target = parts.length > 0 ? `{${parts.join(", ")}} = ` : "";
    patch.replace(declaration.start, declaration.end, `;(${target}${namespace}${call});`);
  }

  function rewriteDefaultExport(statement: ExportDefaultDeclaration): void {
    const { declaration } = statement;
    const named = (declaration as { id?: { name: string } | null }).id;
    patch.replace(statement.start, declaration.start, "");
    if (declaration.type === "FunctionDeclaration" && named) rewriteFunction(declaration as FunctionDeclaration);
    else if (declaration.type === "ClassDeclaration" && named) rewriteClass(declaration as ClassDeclaration);
    else {
      patch.insert((declaration as Expression).start, ";(");
      patch.insert((declaration as Expression).end, ")");
    }
  }

  /** `var` in a block is a variable of the session too; a script would do that by itself, the async function would keep it. */
  function rewriteNestedVars(): void {
    for (const statement of program.body) {
      if (statement.type === "VariableDeclaration") continue;
      walk(statement, (node, parent) => {
        if (isFunction(node) || node.type === "StaticBlock") return false;
        const declaration = node as VariableDeclaration;
        if (node.type !== "VariableDeclaration" || declaration.kind !== "var" || parent?.type.startsWith("Export"))
          return true;
        declares.push(...declaration.declarations.flatMap((d) => boundNames(d.id)));
        const first = declaration.declarations[0];
        if (!isAsync || !first) return true;
        const isHead = parent?.type === "ForOfStatement" || parent?.type === "ForInStatement";
        // Between statements a bracket could be taken for the arguments of a call before it.
        const isStatement = /^(BlockStatement|Program|SwitchCase)$/.test(parent?.type ?? "");
        patch.replace(declaration.start, first.start, isHead ? "" : isStatement ? ";(" : "(");
        if (!isHead) patch.insert(declaration.declarations.at(-1)?.end ?? declaration.end, ")");
        return true;
      });
    }
  }

  function rewriteImportMeta(): void {
    walk(program, (node) => {
      if (node.type === "MetaProperty" && source.startsWith("import", node.start)) {
        patch.replace(node.start, node.end, `globalThis[Symbol.for(${JSON.stringify(META_KEY)})]`);
      }
      return true;
    });
  }
}

/** Whether `await`, `for await` or an import stands outside of all functions. */
function awaitsAtTopLevel(program: Program): boolean {
  let awaits = false;
  walk(program, (node) => {
    if (isFunction(node)) return false;
    const isImport =
      node.type === "ImportDeclaration" ||
      node.type === "ExportAllDeclaration" ||
      (node.type === "ExportNamedDeclaration" && (node as { source?: unknown }).source != null);
    const isAwait =
      node.type === "AwaitExpression" || (node.type === "ForOfStatement" && (node as { await?: boolean }).await);
    awaits ||= Boolean(isImport || isAwait);
    return !awaits;
  });
  return awaits;
}
