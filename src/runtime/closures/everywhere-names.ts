/** Names that functions do not take along: those that live on every process, and those that stand for the export of a module. */

const everywhereNames = new Set<string>();
const references = new Map<string, NameReference>();

let version = 0;

/** Changes whenever a name may have come to stand for something else. */
export function namesVersion(): number {
  return version;
}

/** A name that came into scope with `include` or `using`. */
export interface NameReference {
  readonly url: string;
  readonly exported: string;
}

/** Makes these names be looked up where a function runs, instead of being taken along. */
export function addEverywhereNames(names: Iterable<string>): void {
  version += 1;
  for (const name of names) {
    everywhereNames.add(name);
    references.delete(name);
  }
}

export function isEverywhereName(name: string): boolean {
  return everywhereNames.has(name);
}

/** These names stand for the exports of the module `url`: functions that use them take the module's export where they run. */
export function addReferenceNames(url: string, names: Iterable<string>): void {
  version += 1;
  for (const exported of names) references.set(exported, { url, exported });
}

export function referenceNamed(name: string): NameReference | undefined {
  return references.get(name);
}

let globalsBeforePrompt: Set<string> | undefined;

/**
 * At a prompt, `var x = 1` and `x = 1` make properties of globalThis. From this call on, new ones are taken for variables of the
 * prompt, which travel by value.
 */
export function startPromptVariables(): void {
  version += 1;
  globalsBeforePrompt = new Set(Object.getOwnPropertyNames(globalThis));
}

export function isPromptVariable(name: string): boolean {
  return globalsBeforePrompt !== undefined && !globalsBeforePrompt.has(name) && Object.hasOwn(globalThis, name);
}

/** Names of the platform that the prompt has declared anew: they are its variables now. */
export function addPromptVariables(names: Iterable<string>): void {
  version += 1;
  for (const name of names) globalsBeforePrompt?.delete(name);
}

/** One name for an export of a module, `import { exported as name }`; "*" is the module as a whole. */
export function addReferenceName(name: string, reference: NameReference): void {
  version += 1;
  references.set(name, reference);
}

/** These names mean something else now: the prompt declared or assigned them. */
export function forgetReferenceNames(names: Iterable<string>): void {
  version += 1;
  for (const name of names) references.delete(name);
}
