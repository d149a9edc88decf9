/**
 * Makes functions from the code that another process has sent. A factory is compiled once for each code and set of variables; the variables
 * are its parameters, which V8 runs as fast as the original's. Only where they lead back to the function itself are they assigned
 * afterwards. Each line and column stays what it is on the sender, so that stacks can be mapped.
 */
import { Script } from "node:vm";
import { isIdentifier } from "../../identifier.ts";
import { installHelpers } from "./babel-helpers.ts";
import type { Code } from "./code.ts";
import { IMPORT, META } from "./names.ts";
import { peek } from "./peek.ts";
import { recordOf } from "./records.ts";
import { RECORD, THIS } from "./rewrite.ts";

/** Which outer values the code gets, in the order of the factory's parameters. */
export interface FactoryNeeds {
  readonly names: readonly string[];
  /** The function refers to itself by its own name. */
  readonly isSelfNamed: boolean;
  /** Variables are assigned after the function has been made. */
  readonly isLate: boolean;
  readonly hasThis: boolean;
  readonly hasArguments: boolean;
  /** The arrow's `this` leads back to it, and is given after it has been made. */
  readonly isThisLate?: boolean;
}

export interface Surroundings {
  readonly record: unknown;
  readonly meta: unknown;
  readonly dynamicImport: unknown;
  readonly self: unknown;
  readonly args: readonly unknown[];
}

/**
 * Gives the function; the second result assigns its variables when they are late. `values` are those that they have from the start.
 */
export type Factory = (
  surroundings: Surroundings,
  values: readonly unknown[],
) => readonly [f: unknown, assign: (values: readonly unknown[], self?: readonly [unknown]) => void];

const factories = new WeakMap<Code, Map<string, Factory>>();

export function factoryOf(code: Code, needs: FactoryNeeds): Factory {
  let ofCode = factories.get(code);
  if (!ofCode) {
    ofCode = new Map();
    factories.set(code, ofCode);
  }
  const key = `${needs.isLate ? "late" : ""} ${needs.isSelfNamed} ${needs.hasThis} ${needs.isThisLate === true} ${needs.hasArguments} ${needs.names.join(" ")}`;
  let factory = ofCode.get(key);
  if (!factory) {
    factory = compile(code, needs);
    ofCode.set(key, factory);
  }
  return factory;
}

type Raw = (...parameters: unknown[]) => unknown;
const nothing = (): void => {};

function compile(code: Code, needs: FactoryNeeds): Factory {
  if (code.free.includes("babelHelpers")) installHelpers();
  const [before, after] = frame(code, needs);
  const raw = (code.isOfModule ? evaluateInModule(code, before, after) : evaluateAlone(code, before, after)) as Raw;
  return ({ record, meta, dynamicImport, self, args }, values) => {
    const fixed = [record, meta, dynamicImport, self, args];
    if (!needs.isLate) return [raw(...fixed, ...values), nothing];
    return raw(...fixed, values) as ReturnType<Factory>;
  };
}

/** The text around the function's own. */
function frame(code: Code, needs: FactoryNeeds): readonly [before: string, after: string] {
  const { names } = needs;
  const fixed = [RECORD, META, IMPORT, "$tjl_self", "$tjl_args"];
  const parameters = needs.isLate ? [...fixed, "$tjl_v"] : [...fixed, ...names];
  const incoming = names.map((_, i) => `$tjl_${i}`).join(",");
  const assign =
    names.length > 0 ? `([${incoming}])=>{${names.map((name, i) => `${name}=$tjl_${i}`).join(";")}}` : "()=>{}";
  const late = needs.isLate
    ? `${names.length > 0 ? `let ${names.join(",")};` : ""}const $tjl_set=${assign};$tjl_set($tjl_v);`
    : "";
  const strict = code.isStrict ? `"use strict";` : "";
  const keep = code.isOfModule ? "" : `(()=>${RECORD});`;
  const [open, close] = definition(code, needs);
  const head = `(function(${parameters.join(",")}){${strict}${late}${keep}`;
  if (!needs.hasThis && !needs.hasArguments) return [head + open, `${close}})`];
  const marker = needs.hasThis ? `const ${THIS}=()=>(${THIS},this);` : "";
  if (needs.isThisLate)
    return [
      `${head}${lateThis(marker)}$tjl_f=[${naming(code)[0]}`,
      `${naming(code)[1]}][0];return {}}})(...$tjl_args);return [$tjl_f,$tjl_both]})`,
    ];
  return [`${head}return (function(){${marker}${open}`, `${close}}).apply($tjl_self,$tjl_args)})`];
}

/**
 * An arrow in the constructor of a class that extends another has no `this` until super() has returned, and then has what super() gave.
 * So `this` can be given to an arrow that has been made already.
 */
function lateThis(marker: string): string {
  return (
    "let $tjl_f,$tjl_bind,$tjl_t;const $tjl_both=(v,t)=>{$tjl_set(v);$tjl_t=t[0];$tjl_bind()};" +
    `new (class extends (function(){return $tjl_t}){constructor(){${marker}$tjl_bind=()=>{super()};`
  );
}

/** Statements around the function's text that give it its right name and return it. */
function definition(code: Code, needs: FactoryNeeds): readonly [string, string] {
  // The function calls itself by the name of the variable that holds it.
  if (needs.isSelfNamed && isIdentifier(code.name)) {
    return [`const ${code.name}=`, needs.isLate ? `;return [${code.name},$tjl_set]` : `;return ${code.name}`];
  }
  const [open, close] = naming(code);
  return needs.isLate ? [`return [${open}`, `${close},$tjl_set]`] : [`return ${open}`, close];
}

/** Not by assigning it to a variable of ours: V8 would show that in the stacks of a function without a name. */
function naming({ form, name, key: plainKey, isNamed }: Code): readonly [string, string] {
  const key = JSON.stringify(plainKey);
  if (form === "method") return ["{", `}[${key}]`];
  if (form === "getter") return ["Object.getOwnPropertyDescriptor({", `},${key}).get`];
  if (form === "setter") return ["Object.getOwnPropertyDescriptor({", `},${key}).set`];
  if (name === "" || isNamed) return ["(", ")"];
  return [`{${JSON.stringify(name)}:`, `}[${JSON.stringify(name)}]`];
}

function evaluateAlone(code: Code, before: string, after: string): unknown {
  const script = new Script(`${before}${code.text}${after}`, {
    filename: code.url || "tjl:function",
    lineOffset: code.line,
    columnOffset: code.column - before.length,
  });
  return script.runInThisContext();
}

/** Inside the module, as this process has it: its variables and imports are then the module's own. */
function evaluateInModule(code: Code, before: string, after: string): unknown {
  const record = recordOf(code.url);
  if (!record) throw new Error(`the module ${code.url} was not loaded`);
  const text = padded(code, before) + code.text + after;
  if (record.evaluate) return record.evaluate(`${text}\n//# sourceURL=${code.url}`);
  return evaluateBeside(code, before, after);
}

/** The text before the function, moved so that the function starts at its own line and column. */
function padded(code: Code, before: string): string {
  if (code.line > 0) return `${"\n".repeat(code.line - 1)}${before}\n${" ".repeat(Math.max(0, code.column))}`;
  return before.padEnd(code.column);
}

/** A module that cannot evaluate (rewrite.ts says when): its variables as they are now. */
function evaluateBeside(code: Code, before: string, after: string): unknown {
  const { keep } = recordOf(code.url) as { keep: () => unknown };
  const scope = peek(keep).scopes.find(({ variables }) => Object.hasOwn(variables, RECORD));
  const names = code.free.filter((name) => scope && name in scope.variables);
  const values = names.map((name) => scope?.variables[name]);
  const outer = `(function(${names.join(",")}){return ${before}`;
  const make = evaluateAlone(code, outer, `${after}})`) as (...values: unknown[]) => unknown;
  return make(...values);
}
