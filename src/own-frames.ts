/** Tells our own frames in a stack, and Node's, from the user's: only these are shown. TJL_FULL_STACKS=1 shows all. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "./package.ts";

export function keepsAllFrames(): boolean {
  const { TJL_FULL_STACKS } = process.env;
  return TJL_FULL_STACKS !== undefined && TJL_FULL_STACKS !== "" && TJL_FULL_STACKS !== "0";
}

let ownFolders: readonly string[] | undefined;

/** A line "    at …" of ours or of Node's. */
export function isRuntimeFrame(frame: string): boolean {
  if (/\(?node:[\w/]+:\d+:\d+\)?$/.test(frame) || /^\s+at (?:async )?new Promise \(<anonymous>\)$/.test(frame))
    return true;
  ownFolders ??= [join(packageRoot, "dist"), join(packageRoot, "src")].flatMap((folder) => [
    `${folder}/`,
    `${pathToFileURL(folder).href}/`,
  ]);
  return ownFolders.some((folder) => frame.includes(folder));
}

/** The stack with the user's frames; as it is when there are none. */
export function withoutOwnFrames(stack: string): string {
  if (keepsAllFrames()) return stack;
  const lines = stack.split("\n");
  const kept = lines.filter(
    (line) => !/^\s+at /.test(line) || !(isRuntimeFrame(line) || /^\s+at Array\.\w+ \(<anonymous>\)$/.test(line)),
  );
  return kept.some((line) => /^\s+at /.test(line)) ? kept.join("\n") : stack;
}
