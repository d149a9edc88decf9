/**
 * Functions where the inspector is not to be had (`--permission`): those that take no variables along travel all the same. They are native, or
 * a module that our loader has seen has them, or they use nothing but globals.
 */
import { isIdentifier } from "../../identifier.ts";
import { globalNames } from "./builtins.ts";
import { codeOf } from "./code.ts";
import { isEverywhereName } from "./everywhere-names.ts";
import { factsOf } from "./names.ts";
import { loadedModules } from "./records.ts";
import type { AnyFunction, Shape } from "./shape.ts";

/** What can be told of `f` from its name and its text alone; undefined when that is not enough. */
export function shapeUnseen(f: AnyFunction, text: string): Shape | undefined {
  for (const { url, evaluate } of loadedModules()) {
    if (isIdentifier(f.name) && readName(f.name, evaluate) === f) {
      return { kind: "module", url, name: f.name };
    }
  }
  const facts = factsOf(text);
  const needsNothing = facts.free.every(({ name }) => globalNames.has(name) || isEverywhereName(name));
  if (!needsNothing || facts.usesThis || facts.usesArguments || facts.usesMeta || facts.usesImport) return undefined;
  const place = { url: "", line: 0, column: 0, isStrict: true, isCommonJs: false, isOfModule: false };
  const code = codeOf(text, facts, f.name, place);
  return { kind: "code", code, facts, bindings: [], record: undefined, thisScope: -1, argumentsScope: -1 };
}

function readName(name: string, evaluate: (code: string) => unknown): unknown {
  try {
    return evaluate(name);
  } catch {
    return undefined;
  }
}
