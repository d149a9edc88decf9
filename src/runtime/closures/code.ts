/**
 * The code of a function, apart from the values of its variables: what is sent once to each process and kept there. Two functions made
 * at the same place of the source share it.
 */

import type { FunctionFacts, FunctionForm } from "./names.ts";
import { RecentMap } from "./recent-map.ts";

export interface Code {
  /** Unique over all processes. */
  readonly id: string;
  readonly text: string;
  readonly form: FunctionForm;
  /** The `name` of the function. */
  readonly name: string;
  /** The text itself has that name. */
  readonly isNamed: boolean;
  /** The key of a method in the text. */
  readonly key: string | undefined;
  /** The file it comes from; empty when nobody knows. */
  readonly url: string;
  /** Where the text starts in the code that runs there, zero-based. */
  readonly line: number;
  readonly column: number;
  readonly isStrict: boolean;
  readonly isCommonJs: boolean;
  /** Evaluated inside the module `url` of the process where it runs, whose variables it uses. */
  readonly isOfModule: boolean;
  /** Names that it looks for outside. */
  readonly free: readonly string[];
  readonly usesMeta: boolean;
  readonly usesImport: boolean;
  readonly usesThis: boolean;
  readonly usesArguments: boolean;
}

/** Tells the codes and classes of this process from those of others. */
export const processToken = `${process.pid.toString(36)}${Math.floor(Math.random() * 2 ** 40).toString(36)}`;
let count = 0;

const codes = new RecentMap<string, Code>(5000);

export interface Place {
  readonly url: string;
  readonly line: number;
  readonly column: number;
  readonly isStrict: boolean;
  readonly isCommonJs: boolean;
  readonly isOfModule: boolean;
}

export function codeOf(original: string, facts: FunctionFacts, name: string, place: Place): Code {
  const key = `${place.url}\n${place.line}:${place.column}\n${name}\n${original}`;
  const found = codes.get(key);
  if (found) return found;
  count += 1;
  const code: Code = {
    id: `${processToken}.${count}`,
    text: facts.text,
    form: facts.form,
    name,
    isNamed: facts.ownName === name,
    key: facts.key,
    url: place.url,
    line: place.line,
    column: place.column - facts.shift,
    isStrict: place.isStrict,
    isCommonJs: place.isCommonJs,
    isOfModule: place.isOfModule,
    free: facts.free.map((free) => free.name),
    usesMeta: facts.usesMeta,
    usesImport: facts.usesImport,
    usesThis: facts.usesThis,
    usesArguments: facts.usesArguments,
  };
  codes.set(key, code);
  return code;
}
