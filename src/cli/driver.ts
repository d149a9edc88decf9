/** Runs the driver: a file of the user's, TypeScript or JavaScript, as the main program of process 1. */
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../errors.ts";
import { installLoader } from "../runtime/closures/loader.ts";
import { importDriver, prepareDriver } from "../runtime/closures/lone-driver.ts";
import { setDriver } from "../runtime/closures/modules.ts";
import { REGISTER } from "../runtime/closures/rewrite.ts";
import type * as Nearest from "./nearest.ts";

/**
 * The path of a file that the command line names. Throws a UsageError when it is not there. `words` gives what else could have
 * been meant in its place.
 */
export async function existingFile(
  file: string,
  what: string,
  words: () => Promise<readonly string[]> = async () => [],
): Promise<string> {
  const path = resolve(file);
  const found = existsSync(path);
  if (found && !statSync(path).isDirectory()) return realpathSync(path);
  const reason = found ? `${file} is a folder` : `there is no file ${file}`;
  const { nearest } = await import("./nearest.ts");
  const near = nearby(path, nearest);
  const meant = near ? resolveLike(file, near) : nearest(file, await words());
  throw new UsageError(`${what}: ${reason}${meant ? `\n  did you mean ${meant}?` : ""}`);
}

/** A file in the same folder with nearly the same name. */
function nearby(path: string, nearest: typeof Nearest.nearest): string | undefined {
  try {
    const files = readdirSync(dirname(path), { withFileTypes: true }).filter((entry) => entry.isFile());
    const names = files.map(({ name }) => name);
    const name = basename(path);
    return names.find((other) => basename(other, extname(other)) === name) ?? nearest(name, names);
  } catch {
    return undefined;
  }
}

function resolveLike(file: string, name: string): string {
  return file.slice(0, file.length - basename(file).length) + name;
}

type Origin = { main?: boolean } | { module: NodeJS.Module; require: NodeJS.Require };

/**
 * Calls `act` as the driver starts: the first module from now on that registers itself as one (runtime/closures/records.ts).
 */
function whenDriverStarts(act: (origin: Origin) => void): void {
  const key = Symbol.for(REGISTER);
  const place = globalThis as unknown as Record<
    symbol,
    (role: string, keep: unknown, origin: Origin, ...rest: unknown[]) => unknown
  >;
  const register = place[key];
  if (!register) return;
  place[key] = (role, keep, origin, ...rest) => {
    if (role.startsWith("d")) {
      place[key] = register;
      act(origin);
    }
    return register(role, keep, origin, ...rest);
  };
}

/** `require.main === module` and `import.meta.main` hold in the driver, as in the file that Node itself is given. */
function beMain(origin: Origin): void {
  if (!("module" in origin)) {
    origin.main = true;
    return;
  }
  const { module, require } = origin;
  module.id = ".";
  require.main = module;
  process.mainModule = module;
}

/** Compiles the file, before `runDriver`. */
export function readyDriver(path: string): void {
  const url = pathToFileURL(path).href;
  setDriver(url);
  prepareDriver(url);
}

/** Runs the file; resolves when its top level is done. Its words are `process.argv` from 2 on. */
export async function runDriver(path: string, words: readonly string[]): Promise<void> {
  process.argv = [process.execPath, path, ...words];
  whenDriverStarts(beMain);
  await importDriver(pathToFileURL(path).href);
}

/** Runs the text of a program that is in no file as the driver, and gives what it exports. */
export async function runText(code: string, name: string): Promise<Record<string, unknown>> {
  const { importText } = await import("../runtime/closures/text-module.ts");
  return importText(code, name);
}

export { mayLoadModules } from "../runtime/closures/virtual.ts";

/** Makes Node's loader know TypeScript, and "tjulia" from anywhere. */
export function prepareLoader(): void {
  installLoader();
}
